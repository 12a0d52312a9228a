#!/usr/bin/env bash
# Installs what the tests need and runs the whole suite, cheapest checks first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }

step "system packages"
deploy/dependencies.sh protobuf-c-compiler iproute2 curl

step "the wire's generated C matches its schema"
proto/generate.sh --check

step "shell scripts parse"
for script in deploy/*.sh proto/*.sh .ci/run; do bash -n "$script"; done

step "build: warnings are errors, every import is declared"
# Warnings of dependencies are not ours: the log is read for this package's own files.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build --build-tests --explicit-target-dependency-import-check error 2>&1 | tee "$log" | grep -vE '^\[[0-9]+/[0-9]+\]' || true
[ "${PIPESTATUS[0]}" -eq 0 ] || { echo "the build failed" >&2; exit 1; }
if grep -E "$PWD/(Sources|Tests)/.*warning:" "$log"; then
  echo "the build has warnings" >&2
  exit 1
fi

step "the longhaul program, optimized"
swift build -c release --product longhaul 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]' || true
[ "${PIPESTATUS[0]}" -eq 0 ] || { echo "the release build failed" >&2; exit 1; }

step "tests"
LONGHAUL_PROGRAM="$(swift build -c release --show-bin-path)/longhaul" SWIFT_BACKTRACE=enable=no swift test --skip-build
