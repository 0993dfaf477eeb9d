#!/bin/bash
# Makes a Debian 13 (trixie) for riscv64: debootstrap gets its packages, and a virtual machine of qemu-system-riscv64 configures them. Everything is
# fetched by apt and debootstrap, by name; nothing of it is in the repository. It takes about 20 minutes of processor time. Runs as root.
# Usage: build.sh DIRECTORY
#   MIRROR   the mirror; the first Debian mirror of this machine's apt unless given
#   SIZE     the size of the disk; 2G unless given
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { sed -n 's/^# Usage: /usage: /p' "$0" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$out/work
size=${SIZE:-2G}
packages=systemd-sysv,udev,dbus,libpam-systemd,login,passwd,initramfs-tools,linux-image-riscv64
mkdir -p "$work/logs"

fail() { echo "build.sh: $*" >&2; exit 1; }

# Runs a step with its output in a log; shows the end of the log if the step fails.
step() {
  local name=$1
  shift
  echo "$(date +%T) $name"
  "$@" >"$work/logs/$name.log" 2>&1 || { tail -n 20 "$work/logs/$name.log" >&2; fail "step $name failed; the whole log is $work/logs/$name.log"; }
}

install_packages() {
  local wanted=(debootstrap debian-archive-keyring qemu-system-misc opensbi gcc-riscv64-linux-gnu libc6-dev-riscv64-cross e2fsprogs kmod cpio xz-utils) missing=()
  local package
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] || { export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; }
}

# The first mirror in apt's lists whose path ends in "debian".
mirror_of_apt() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
    sed -nE 's/^(URIs:|deb( \[[^]]*\])?) *(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' | sed -n 1p
}

# Unpacks the packages that the others need, and keeps the rest for the second stage.
first_stage() {
  rm -rf "$work/root"
  debootstrap --foreign --arch=riscv64 --include="$packages" --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$work/root" "$mirror"
  cp "$here/second-stage" "$work/root/second-stage"
}

# An initramfs with init.c and the modules that the disk needs.
make_initramfs() {
  local files=$work/initramfs version module
  rm -rf "$files" "$work/kernel"
  dpkg-deb -x "$work"/root/var/cache/apt/archives/linux-image-6*_riscv64.deb "$work/kernel"
  version=$(ls "$work/kernel/usr/lib/modules")
  ln -sfn usr/lib "$work/kernel/lib"
  depmod -b "$work/kernel" "$version"
  mkdir -p "$files/modules" "$files/disk" "$files/dev"
  riscv64-linux-gnu-gcc -O2 -static -o "$files/init" "$here/init.c"
  mknod "$files/dev/console" c 5 1
  for module in virtio_mmio virtio_blk ext4; do
    modprobe -d "$work/kernel" -S "$version" --show-depends "$module"
  done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' >"$work/modules"
  while read -r module; do
    xz -dc "$module" >"$files/modules/$(basename "$module" .xz)"
    basename "$module" .xz
  done <"$work/modules" >"$files/modules/order"
  (cd "$files" && find . | cpio --quiet -o -H newc | gzip -n) >"$work/initramfs.cpio.gz"
  cp "$work/kernel/boot/vmlinux-$version" "$out/kernel"
}

make_disk() {
  rm -f "$out/disk.ext4"
  mke2fs -q -t ext4 -L debian -d "$work/root" "$out/disk.ext4" "$size"
}

# No network card: the packages are on the disk already.
second_stage() {
  timeout 3600 qemu-system-riscv64 -M virt -m 1G -nographic -no-reboot -net none -kernel "$out/kernel" -initrd "$work/initramfs.cpio.gz" \
    -append "console=ttyS0 rdinit=/init" -global virtio-mmio.force-legacy=false \
    -drive "file=$out/disk.ext4,if=none,format=raw,id=d0,cache=unsafe" -device virtio-blk-device,drive=d0 </dev/null
}

# The second stage has configured the packages if its exit code is 0; the initrd comes from the disk.
take_initrd() {
  grep -q 'DEBIAN-SECOND-STAGE: 0' "$work/logs/second-stage.log" || { tail -n 20 "$work/logs/second-stage.log"; return 1; }
  local code=0 name
  e2fsck -fp "$out/disk.ext4" || code=$?
  [ "$code" -le 1 ] || return "$code"
  name=$(debugfs -R "ls -p /boot" "$out/disk.ext4" 2>/dev/null | sed -nE 's:.*/(initrd\.img-[^/]*)/.*:\1:p' | sed -n 1p)
  [ -n "$name" ] || { echo "the disk has no /boot/initrd.img-*"; return 1; }
  debugfs -R "dump /boot/$name $out/initrd" "$out/disk.ext4"
  [ -s "$out/initrd" ]
}

[ "$(id -u)" -eq 0 ] || fail "it installs packages and makes device files: run it as root"
step packages install_packages
mirror=${MIRROR:-$(mirror_of_apt)}
[ -n "$mirror" ] || fail "apt's lists name no Debian mirror; set MIRROR"
step first-stage first_stage
step initramfs make_initramfs
step disk make_disk
step second-stage second_stage
step initrd take_initrd
rm -rf "$work/root" "$work/kernel" "$work/initramfs"
ls -l "$out/kernel" "$out/initrd" "$out/disk.ext4"
