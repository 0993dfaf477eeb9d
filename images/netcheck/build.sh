#!/bin/sh
# Builds netcheck.elf into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
# Nobody sets gp up, hence no relaxation.
riscv64-linux-gnu-gcc -std=gnu11 -O2 -march=rv64gc -mabi=lp64d -mcmodel=medany -static -nostdlib -ffreestanding -fno-stack-protector \
    -fno-pie -no-pie -s -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -mno-relax -Wall -Wextra -Werror \
    -ffile-prefix-map="$here"=. -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-T,netcheck.ld -o "$out/netcheck.elf" \
    netcheck.c card.c ../tiny/machine.c ../tiny/fdt.c ../tiny/text.c ../tiny/sbi.c
