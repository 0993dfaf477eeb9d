#!/bin/sh
# Builds hello.elf into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
riscv64-linux-gnu-gcc -std=gnu11 -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie -mno-relax -s -I ../include \
    -fno-tree-loop-distribute-patterns -Wall -Wextra -Werror -Wno-infinite-recursion -ffile-prefix-map="$here"=. \
    -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,separate-code -o "$out/hello.elf" hello.c
