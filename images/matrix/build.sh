#!/bin/sh
# Builds matrix.elf into a directory (default: this one). The same compiler gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
cd "$here"
sh ../bare/build.sh "$out/matrix.elf" matrix.c
