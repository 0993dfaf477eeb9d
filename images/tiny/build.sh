#!/bin/sh
# Builds tiny.elf, which holds the user programs, into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"
# Nobody sets gp up, hence no relaxation. The kernel leaves floating point alone, and so do the programs.
common="-std=gnu11 -O2 -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -static -nostdlib -ffreestanding -fno-stack-protector
    -fno-pie -no-pie -s -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -mno-relax -Wall -Wextra -Werror
    -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-z,separate-code"
# shellcheck disable=SC2086 # words
riscv64-linux-gnu-gcc $common -Wno-infinite-recursion -ffile-prefix-map="$here"=. -Wl,-Ttext-segment=0x2000000000 -Wl,-e,_start \
    -o "$work/user.elf" user/library.c user/shell.c user/programs.c user/selftest.c text.c
# shellcheck disable=SC2086 # words
riscv64-linux-gnu-gcc $common -ffile-prefix-map="$here"=. -Wa,-I"$work" -Wl,-T,kernel.ld \
    -o "$out/tiny.elf" start.S trap.S main.c machine.c fdt.c text.c sbi.c print.c pages.c paging.c image.c trap.c timer.c console.c \
    process.c user.c syscall.c selftest.c
