#!/usr/bin/env bash
# Writes Sources/CWire from the schema beside this script. `--check` changes nothing and fails when the committed C differs.
set -euo pipefail

schema=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target="$schema/../Sources/CWire"

case "${1:-}" in
  "" | --check) ;;
  *)
    echo "usage: proto/generate.sh [--check]" >&2
    exit 64
    ;;
esac

if ! command -v protoc-c >/dev/null 2>&1; then
  echo "proto/generate.sh: protoc-c is missing; install it (Debian and Ubuntu: apt-get install protobuf-c-compiler)" >&2
  exit 69
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/include"
# Run from the schema's folder so that the generated comments name the files alone.
(cd "$schema" && protoc-c --c_out="$fresh" ./*.proto)
mv "$fresh"/*.pb-c.h "$fresh/include/"

if [ "${1:-}" = --check ]; then
  if ! diff -r -u "$target" "$fresh"; then
    echo "proto/generate.sh: Sources/CWire does not match proto/*.proto; run proto/generate.sh and commit the result" >&2
    exit 1
  fi
  exit 0
fi

mkdir -p "$target/include"
rm -f "$target"/*.pb-c.c "$target"/include/*.pb-c.h
cp "$fresh"/*.pb-c.c "$target/"
cp "$fresh"/include/*.pb-c.h "$target/include/"
