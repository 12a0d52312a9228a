#!/usr/bin/env bash
# Installs what the tests need and runs the whole suite, cheapest checks first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }

step "system packages"
deploy/dependencies.sh protobuf-c-compiler iproute2 curl openssl shellcheck shfmt python3-venv

step "the wire's generated C matches its schema"
proto/generate.sh --check

step "shell scripts are sound and formatted"
mapfile -t scripts < <(find deploy proto Sources Tests -name '*.sh' | sort)
shellcheck "${scripts[@]}" .ci/run
shfmt -i 2 -ci -d "${scripts[@]}"

step "what starts and watches the program is valid"
deploy/check.sh

step "Swift sources are formatted"
swift format lint --strict --recursive --parallel Package.swift Sources Tests

step "kernels give the same bytes on every instruction set, ARM included"
Tests/Processors/compare.sh

step "build: warnings are errors, every import is declared"
# Dependencies may have warnings; this package's own files may not.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
build() {
  if ! swift build "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "swift build $* failed" >&2
    exit 1
  fi
  tail -n 1 "$log"
}
build --build-tests --explicit-target-dependency-import-check error
if grep -E "$PWD/(Sources|Tests)/.*warning:" "$log"; then
  echo "the build has warnings" >&2
  exit 1
fi

# Suites run apart, cheapest first: tests share as few threads as there are processors, and those with deadlines would
# wait behind a thousand simulated clusters.
run_tests() { # WHAT ARGUMENT...
  step "tests: $1"
  LONGHAUL_PROGRAM="$PWD/.build/release/longhaul" SWIFT_BACKTRACE=enable=no \
    swift test --skip-build "${@:2}" 2>&1 | tee "$log" || {
    # Thousands of lines may follow a failure: repeat it at the end, where a reader looks.
    step "what failed"
    grep -A 5 -E 'recorded an issue|error: |Fatal error' "$log" || tail -n 20 "$log"
    exit 1
  }
}
run_tests "every part alone" --skip '^(SimulationTests|EndToEndTests)\.'

step "the longhaul program as it is released, optimized"
build -c release --product longhaul --traits TLS

run_tests "real processes, end to end" --filter '^EndToEndTests\.'

step "the clients that people use get what they ask for"
Tests/Clients/check.sh "$PWD/.build/release/longhaul" || {
  code=$?
  # Without a network the clients are not available, and this project is not why.
  if [ "$code" -ne 75 ]; then exit "$code"; fi
  echo "skipped: the clients cannot be installed"
}

run_tests "simulated clusters" --filter '^SimulationTests\.'
