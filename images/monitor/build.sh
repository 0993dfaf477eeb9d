#!/bin/sh
# Builds monitor.elf, which holds the guest, into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"
# Nobody sets gp up, hence no relaxation.
common="-std=gnu11 -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie -s -fno-tree-loop-distribute-patterns
    -fno-asynchronous-unwind-tables -mno-relax -Wall -Wextra -Werror -Wl,--build-id=none -Wl,-z,noexecstack"
# shellcheck disable=SC2086 # words
riscv64-linux-gnu-gcc $common -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -fno-toplevel-reorder -ffile-prefix-map="$here"=. \
    -Wl,-N -Wl,--no-warn-rwx-segments -Wl,-Ttext=0x80000000 -Wl,-e,_start -o "$work/guest.elf" guest.c
riscv64-linux-gnu-objcopy -O binary "$work/guest.elf" "$work/guest.bin"
# shellcheck disable=SC2086 # words
riscv64-linux-gnu-gcc $common -I../include -Wa,-I"$work" -ffile-prefix-map="$here"=. -Wl,-z,noseparate-code \
    -Wl,-Ttext-segment=0x10000 -Wl,--section-start=.result=0x20000 -o "$out/monitor.elf" monitor.c
