#!/usr/bin/env bash
# Makes the packages of the native tool: the one that is installed by name, one for each platform that is named, and one for all others, which needs the
# .NET runtime. A platform is a .NET runtime identifier, and is made on such a platform; it needs clang or gcc, and zlib's header files.
# Usage: pack-native.sh [-o FOLDER] [-i INSTRUCTIONS] PLATFORM...
#   -o FOLDER        where the packages go; out unless given
#   -i INSTRUCTIONS  the instructions that x64 processors must have, for instance x86-64-v2; x86-64-v3 unless given
set -euo pipefail

usage() { sed -n 's/^# \{0,1\}Usage: /usage: /p' "$0" >&2; exit 2; }

out=out
instructions=
while getopts o:i: option; do
  case $option in
    o) out=$OPTARG ;;
    i) instructions=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
command -v clang >/dev/null || command -v gcc >/dev/null || { echo "pack-native.sh: neither clang nor gcc is on the PATH; one of them links the tool" >&2; exit 1; }

mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"
platforms=$(IFS=';'; echo "$*;any")
pack() {
  # The inner quotes keep the semicolon from ending the property.
  dotnet pack -c Release -o "$out" "-p:ToolPackageRuntimeIdentifiers=\"$platforms\"" -p:IncludeSymbols=false "$@"
}

pack
pack -r any
for platform in "$@"; do
  pack -r "$platform" ${instructions:+"-p:IlcInstructionSet=$instructions"}
done
