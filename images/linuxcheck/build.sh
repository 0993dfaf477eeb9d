#!/bin/sh
# Builds linuxcheck.elf into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
riscv64-linux-gnu-gcc -std=gnu11 -O2 -static -s -pthread -Wall -Wextra -Werror -Wno-unused-result -Wno-maybe-uninitialized -ffile-prefix-map="$here"=. \
    -Wl,--build-id=none -o "$out/linuxcheck.elf" linuxcheck.c
