#!/usr/bin/env bash
# Builds the tests under ThreadSanitizer and runs those of the transport, the scheduler, both ends of the wire and the
# pool of compute threads; any race fails:
#   Tests/ThreadSanitizer/run.sh [FILTER]
# FILTER as for `swift test`. Nothing is suppressed: libzmq and the Swift runtime are not instrumented, so what they do
# among themselves is not seen, and what matters of Swift's mutex is told by SwiftMutex.c.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

filter=${1:-TransportTests|SchedulingTests|CoordinatorTests|WorkerTests|ProvisioningTests|CredentialsTests|ComputePool}
out=.build-tsan
log="$out/build.log"
mkdir -p "$out"
build=(--sanitize=thread --scratch-path "$out")
swift build --build-tests "${build[@]}" >"$log" 2>&1 || { cat "$log"; exit 1; }
clang="$(dirname "$(readlink -f "$(command -v swiftc)")")/clang"
"$clang" -O2 -Wall -Wextra -Werror -fPIC -shared Tests/ThreadSanitizer/SwiftMutex.c -o "$out/SwiftMutex.so"

# Without the package manager, which would load the library of the mutex as well. A race ends the run with 66.
program="$(swift build "${build[@]}" --show-bin-path)/longhaulPackageTests.xctest"
LD_PRELOAD="$PWD/$out/SwiftMutex.so" TSAN_OPTIONS="history_size=4 ${TSAN_OPTIONS:-}" SWIFT_BACKTRACE=enable=no \
  "$program" --testing-library swift-testing --filter "$filter"
