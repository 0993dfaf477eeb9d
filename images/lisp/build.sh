#!/bin/sh
# Builds lisp.elf into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
riscv64-linux-gnu-gcc -std=gnu11 -O2 -static -s -Wall -Wextra -Werror -ffile-prefix-map="$here"=. -Wl,--build-id=none \
    -o "$out/lisp.elf" heap.c number.c compile.c builtin.c lisp.c
