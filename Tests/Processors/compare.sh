#!/usr/bin/env bash
# Whether kernels give the same bytes on other processors: builds them for this one and for aarch64, which an emulator
# runs, and compares the fingerprints of every result with every instruction set. On aarch64 itself nothing is emulated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

clang="$(dirname "$(readlink -f "$(command -v swiftc)")")/clang"
command -v "$clang" >/dev/null || clang=clang
emulator=
if [ "$(uname -m)" = x86_64 ]; then
  deploy/dependencies.sh qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  emulator=qemu-aarch64-static
fi

out=.build-processors
mkdir -p "$out"
build() { # PROGRAM FLAG...: the flags of Package.swift
  local program=$1
  shift
  "$clang" "$@" -O3 -ffp-contract=off -I Sources/CKernels/include Tests/Processors/fingerprints.c Sources/CKernels/*.c \
    -lm -o "$program"
}
build "$out/here"
"$out/here" >"$out/fingerprints"
if [ -n "$emulator" ]; then
  build "$out/aarch64" --target=aarch64-linux-gnu --gcc-toolchain=/usr -static -fuse-ld=bfd
  "$emulator" "$out/aarch64" >>"$out/fingerprints"
fi

# A case is there once for each instruction set; with one fingerprint it is one line.
export LC_ALL=C
sort -u "$out/fingerprints" >"$out/distinct"
if [ -n "$(cut -d ' ' -f 1 "$out/distinct" | uniq -d)" ]; then
  echo "these differ between instruction sets (all of them: $out/distinct):" >&2
  cut -d ' ' -f 1 "$out/distinct" | uniq -d | head -20 >&2
  exit 1
fi
echo "$(wc -l <"$out/fingerprints") results of $(wc -l <"$out/distinct") cases: every instruction set gives the same bytes"
