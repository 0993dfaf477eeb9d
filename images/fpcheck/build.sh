#!/bin/sh
# Builds fpcheck.elf into a directory (default: this one). The same compiler gives the same bytes.
# -ffp-contract=off and no builtins: every operation is the one that is written, done at run time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
riscv64-linux-gnu-gcc -std=gnu11 -O2 -static -s -fno-builtin -ffp-contract=off -Wall -Wextra -Werror -ffile-prefix-map="$here"=. \
    -Wl,--build-id=none -o "$out/fpcheck.elf" fpcheck.c -lm
