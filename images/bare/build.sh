#!/bin/sh
# Builds a program of the caller's folder: build.sh OUTPUT SOURCE…, sources relative to the folder that it is called in. The same compiler gives the
# same bytes.
set -eu
output=$1
shift
# Nobody sets gp up, hence no relaxation.
riscv64-linux-gnu-gcc -std=gnu11 -O2 -march=rv64gc -mabi=lp64d -mcmodel=medany -static -nostdlib -ffreestanding -fno-stack-protector \
    -fno-pie -no-pie -s -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -mno-relax -Wall -Wextra -Werror \
    -ffile-prefix-map="$PWD"=. -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-T,../bare/bare.ld -o "$output" \
    "$@" ../bare/bare.c ../tiny/machine.c ../tiny/fdt.c ../tiny/text.c ../tiny/sbi.c
