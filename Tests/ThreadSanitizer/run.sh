#!/usr/bin/env bash
# Builds the tests and the program under ThreadSanitizer and runs the tests of the transport, the scheduler, both ends
# of the wire and the pool of compute threads, then whole clusters that give weights to each other and lose workers;
# any race fails, in any process:
#   Tests/ThreadSanitizer/run.sh [FILTER]
# FILTER as for `swift test`. Nothing is suppressed: libzmq and the Swift runtime are not instrumented, so what they do
# among themselves is not seen, and what matters of Swift's mutex is reported by SwiftMutex.c.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

inside='TransportTests|SchedulingTests|CoordinatorTests|WorkerTests|WeightDistributionTests|CredentialsTests|ComputePool'
# The exchange of weights between workers is seen whole in these only.
clusters='WeightTransfer|Takeovers|Recovery'
filter=${1:-$inside|$clusters}
out=.build-tsan
log="$out/build.log"
mkdir -p "$out"
build=(--sanitize=thread --scratch-path "$out")
swift build --build-tests "${build[@]}" >"$log" 2>&1 || {
  cat "$log"
  exit 1
}
clang="$(dirname "$(readlink -f "$(command -v swiftc)")")/clang"
"$clang" -O2 -Wall -Wextra -Werror -fPIC -shared Tests/ThreadSanitizer/SwiftMutex.c -o "$out/SwiftMutex.so"

# Without the package manager, which would load the library of the mutex as well. Every process writes its races to a
# file of its own, since a worker's end is no result.
program="$(swift build "${build[@]}" --show-bin-path)/longhaulPackageTests.xctest"
races="$PWD/$out/race"
rm -f "$races".*
status=0
LD_PRELOAD="$PWD/$out/SwiftMutex.so" TSAN_OPTIONS="history_size=4 log_path=$races ${TSAN_OPTIONS:-}" \
  SWIFT_BACKTRACE=enable=no "$program" --testing-library swift-testing --filter "$filter" || status=$?
if compgen -G "$races.*" >/dev/null; then
  cat "$races".*
  exit 66
fi
exit "$status"
