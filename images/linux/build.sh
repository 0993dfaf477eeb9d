#!/bin/sh
# Builds Linux and an initramfs for riscv64 from Debian's source packages, and a small disk, into a directory (default: out beside this
# file). Everything is fetched by apt, by name; nothing of it is in the repository. It takes 15 minutes of processor time. Runs as root when
# packages have to be installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/out}"
out=$(cd "${1:-$here/out}" && pwd)
work=$out/work
jobs=${JOBS:-$(nproc)}
mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/sources" "$work/logs"
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01
export KBUILD_BUILD_TIMESTAMP=2026-01-01 KBUILD_BUILD_USER=objectos KBUILD_BUILD_HOST=objectos

say() { echo "$(date +%T) $*"; }

# Runs a step with its output in a log; shows the end of the log if the step fails.
step() {
    name=$1; shift
    say "$name"
    "$@" >"$work/logs/$name.log" 2>&1 || { tail -n 20 "$work/logs/$name.log" >&2; echo "build.sh: step $name failed; the whole log is $work/logs/$name.log" >&2; exit 1; }
}

install_packages() {
    packages="linux-source-6.1 gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc libc6-dev make flex bison bc xz-utils bzip2 dpkg-dev e2fsprogs"
    missing=
    for p in $packages; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
    done
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # words
    DEBIAN_FRONTEND=noninteractive apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

# apt-get with a view of its own: the machine's Debian sources, as source packages. The machine's lists stay as they are.
apt_source() {
    apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/sources" -o Dir::State::lists="$work/apt/lists" \
        -o Dir::Cache="$work/apt" -o APT::Sandbox::User=root "$@"
}

fetch_busybox() {
    rm -rf "$work"/busybox-source "$work"/apt/sources/*
    for f in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$f" ] && grep -q '^URIs:.*debian' "$f"; then sed 's/^Types:.*/Types: deb-src/' "$f" >"$work/apt/sources/${f##*/}"; fi
    done
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -f "$f" ]; then sed -n 's/^deb \(.*debian.*\)/deb-src \1/p' "$f" >"$work/apt/sources/${f##*/}"; fi
    done
    apt_source update -q
    mkdir "$work/busybox-source"
    (cd "$work/busybox-source" && apt_source source -q busybox && rm -f ./*.dsc ./*.tar.* && mv busybox-* tree)
}

unpack_linux() {
    rm -rf "$work/linux-source"
    mkdir "$work/linux-source"
    tar -C "$work/linux-source" --strip-components=1 -xf /usr/src/linux-source-6.1.tar.xz
}

kernel_make() {
    make -C "$work/linux-source" O="$work/linux" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- "$@"
}

# Every line of the fragment must be in the configuration in the end: a misspelt or unreachable option is an error.
configure_linux() {
    mkdir -p "$work/linux"
    kernel_make KCONFIG_ALLCONFIG="$here/linux.config.fragment" allnoconfig
    grep '^CONFIG_' "$here/linux.config.fragment" >"$work/wanted"
    while read -r line; do
        grep -qxF "$line" "$work/linux/.config" || { echo "not in the configuration: $line"; return 1; }
    done <"$work/wanted"
}

build_linux() {
    kernel_make -j"$jobs" Image
    cp "$work/linux/arch/riscv/boot/Image" "$out/Image"
    cp "$work/linux/.config" "$out/linux.config"
}

build_busybox() {
    mkdir -p "$work/busybox"
    make -C "$work/busybox-source/tree" O="$work/busybox" defconfig
    # tc needs headers that newer kernels do not have; RPC is not in glibc.
    sed -i -e 's/^# CONFIG_STATIC is not set/CONFIG_STATIC=y/' -e 's/^CONFIG_CROSS_COMPILER_PREFIX=.*/CONFIG_CROSS_COMPILER_PREFIX="riscv64-linux-gnu-"/' \
        -e 's/^CONFIG_TC=y/# CONFIG_TC is not set/' -e 's/^CONFIG_FEATURE_INETD_RPC=y/# CONFIG_FEATURE_INETD_RPC is not set/' \
        -e 's/^CONFIG_FEATURE_HAVE_RPC=y/# CONFIG_FEATURE_HAVE_RPC is not set/' "$work/busybox/.config"
    yes '' 2>/dev/null | make -C "$work/busybox" oldconfig
    make -C "$work/busybox" -j"$jobs" busybox busybox.links
}

build_initramfs() {
    gcc -O1 -o "$work/gen_init_cpio" "$work/linux-source/usr/gen_init_cpio.c"
    {
        for d in bin sbin dev proc sys tmp etc root mnt usr usr/bin usr/sbin; do echo "dir /$d 0755 0 0"; done
        echo "nod /dev/console 0600 0 0 c 5 1"
        echo "file /bin/busybox $work/busybox/busybox 0755 0 0"
        echo "file /init $here/init 0755 0 0"
        echo "file /etc/udhcpc.sh $here/udhcpc.sh 0755 0 0"
        grep -v '^/bin/busybox$' "$work/busybox/busybox.links" | grep -E '^/(usr/)?s?bin/' | sed 's|.*|slink & /bin/busybox 0777 0 0|'
    } >"$work/initramfs.list"
    "$work/gen_init_cpio" -t "$SOURCE_DATE_EPOCH" "$work/initramfs.list" >"$work/initramfs.cpio"
    gzip -9n <"$work/initramfs.cpio" >"$out/initramfs.cpio.gz"
}

build_disk() {
    rm -rf "$work/disk" "$out/disk.ext4"
    mkdir "$work/disk"
    echo "hello from ext4" >"$work/disk/hello.txt"
    truncate -s 8M "$out/disk.ext4"
    uuid=0b1ec705-0000-4000-8000-000000000001
    PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -U $uuid -E hash_seed=$uuid -d "$work/disk" "$out/disk.ext4"
}

step packages install_packages
step busybox-source fetch_busybox
step linux-source unpack_linux
step linux-config configure_linux
step linux build_linux
step busybox build_busybox
step initramfs build_initramfs
step disk build_disk
say "done: $out/Image, $out/initramfs.cpio.gz, $out/disk.ext4"
