#!/usr/bin/env bash
# Builds the fuzzers (libFuzzer, AddressSanitizer, optimized) and runs each for a while:
#   Tests/Fuzzing/run.sh [-s SECONDS] [-n EXECUTIONS] [-l BYTES] [TARGET ...]
# Without options 5 seconds a target, with inputs of up to as many bytes as each target says. Findings are left in
# .build-fuzz/findings; put them under Tests/Fuzzing/found/TARGET, which every run tries first, and mend the cause.
# Needs the toolchain's clang and protobuf-c, libzmq, libcrypto. Other people's packages are taken from SwiftPM's release build,
# without instruments.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=5 runs=-1 longest=
while getopts s:n:l: option; do
  case $option in
    s) seconds=$OPTARG ;;
    n) runs=$OPTARG seconds=0 ;;
    l) longest=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))

out=.build-fuzz
mkdir -p "$out/modules" "$out/objects"
clang="$(dirname "$(readlink -f "$(command -v swiftc)")")/clang"
for runtime in fuzzer asan; do
  if ! compgen -G "$("$clang" -print-resource-dir)/lib/*/libclang_rt.$runtime*.a" >"$out/runtime"; then
    echo "$clang has no libclang_rt.$runtime, which fuzzers are linked with; use a toolchain from swift.org" >&2
    exit 69
  fi
done

c_module() { # NAME HEADER...: a module map for a C target, and its sources compiled
  local name=$1 headers=""
  shift
  for header in "$@"; do headers+="  header \"$PWD/Sources/$name/include/$header\""$'\n'; done
  mkdir -p "$out/modules/$name"
  printf 'module %s {\n%s  export *\n}\n' "$name" "$headers" >"$out/modules/$name/module.modulemap"
  for source in "Sources/$name"/*.c; do
    local object
    object="$out/objects/$name-$(basename "$source" .c).o"
    if [ -f "$object" ] && [ -z "$(find "Sources/$name" -newer "$object" -print -quit)" ]; then continue; fi
    "$clang" -O2 -g -ffp-contract=off -fsanitize=fuzzer-no-link,address -I "Sources/$name/include" -c "$source" -o "$object"
  done
}

flags=(
  -O -g -wmo -parse-as-library -package-name longhaul -swift-version 6 -enable-testing '-sanitize=fuzzer,address'
  -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility -I "$out/modules" -I Sources/CZeroMQ -I Sources/CLibcrypto
  -Xcc -fmodule-map-file="$PWD/Sources/CZeroMQ/module.modulemap"
  -Xcc -fmodule-map-file="$PWD/Sources/CLibcrypto/module.modulemap"
)
for name in CPlatform CKernels CWire; do
  flags+=(-Xcc "-fmodule-map-file=$PWD/$out/modules/$name/module.modulemap" -Xcc "-I$PWD/Sources/$name/include")
done

rebuilt=0
packages() { # modules and objects of other people's packages
  swift build -c release --product longhaul >"$out/packages.log" 2>&1 || {
    cat "$out/packages.log"
    exit 1
  }
  local built map folder
  built=$(swift build -c release --show-bin-path)
  flags+=(-I "$built/Modules")
  for map in "$built"/*.build/module.modulemap .build/checkouts/*/Sources/*/include/module.modulemap; do
    case $map in */CPlatform.build/* | */CWire.build/* | */CKernels.build/* | */CAllocationCount.build/*) continue ;; esac
    flags+=(-Xcc "-fmodule-map-file=$PWD/${map#"$PWD"/}")
  done
  rm -f "$out/packages.a"
  for folder in "$built"/*.build; do
    map=$(basename "$folder" .build)
    if [ -d "Sources/$map" ] || [ -d "Tests/$map" ] || [ "${map#longhaul}" != "$map" ]; then continue; fi
    case $map in *-tool | generate_*) continue ;; esac
    find "$folder" -name '*.o' -print0 | xargs -0 -r ar qcSP "$out/packages.a"
  done
  ranlib "$out/packages.a"
}

swift_module() { # NAME SOURCE...: one Swift module, object and interface; again when it or one before it has changed
  local name=$1
  shift
  if [ $rebuilt = 0 ] && [ -f "$out/objects/$name.o" ] &&
    [ -z "$(find "$@" Tests/Fuzzing/run.sh -newer "$out/objects/$name.o" -print -quit)" ]; then
    return
  fi
  rebuilt=1
  swiftc "${flags[@]}" -module-name "$name" -emit-module -emit-module-path "$out/modules/$name.swiftmodule" -c "$@" \
    -o "$out/objects/$name.o"
}

sources() { find "$@" -name '*.swift' | sort; }

# Built again when a source is newer.
program="$out/fuzz"
if [ ! -x "$program" ] || [ -n "$(find Sources Tests -newer "$program" \( -name '*.swift' -o -name '*.c' -o -name '*.h' \) \
  -print -quit)" ]; then
  c_module CPlatform CPlatform.h
  c_module CKernels CKernels.h
  c_module CWire control.pb-c.h data.pb-c.h weights.pb-c.h
  packages
  for name in Core JSON Grammars Paging Telemetry Tensors Weights Tokenization ChatTemplates Cluster Scheduling Wire Transport Credentials \
    WeightDistribution Sockets Coordinator WebPage OpenAIAPI Attention Backend Transformer; do
    files=$(sources "Sources/$name")
    # SwiftPM writes what is embedded in the program into a source of its own.
    [ "$name" != WebPage ] || files+=" $(swift build -c release --show-bin-path)/WebPage.build/DerivedSources/embedded_resources.swift"
    [ "$name" != Wire ] || files="${files/Sources\/Wire\/WireLimits+Blocks.swift/$(sources Tests/Fuzzing/SmallBlocks)}"
    # shellcheck disable=SC2086
    swift_module "$name" $files
  done
  # Of the worker, what a frame or a message of the coordinator meets first.
  swift_module Worker Sources/Worker/StageSequences.swift Sources/Worker/StageSequence.swift Sources/Worker/StepRow.swift \
    Sources/Worker/CoordinatorLink.swift
  # shellcheck disable=SC2046
  swift_module Fuzzing $(sources Tests/Fuzzing/Harness) Tests/WeightsTests/GGUFWriter.swift \
    Tests/WeightsTests/TinyModel.swift Tests/Fixtures/Safetensors.swift Tests/WireTests/Samples.swift \
    Tests/ChatTemplatesTests/TemplateSources.swift Tests/OpenAIAPITests/ByteVocabulary.swift Sources/longhaul/Options/PolicyText.swift
  # The linker has much to say about the sanitizer's own symbols.
  swiftc -sanitize=fuzzer,address "$out"/objects/*.o "$out/packages.a" -lzmq -lcrypto -lz -lprotobuf-c -o "$program" 2>"$out/link.log" ||
    {
      cat "$out/link.log"
      exit 1
    }
fi

# The backtracer would hold the output open after a crash.
export SWIFT_BACKTRACE=enable=no
# What makes every execution dearer and finds nothing more is left out: memory that was freed is watched for 4 MB of
# further allocations, which few executions outlive, new memory is not filled, and who allocated it is not recorded (for
# that run a finding alone: LONGHAUL_FUZZ_TARGET=TARGET .build-fuzz/fuzz FINDING).
options=malloc_context_size=0:max_malloc_fill_size=0:quarantine_size_mb=4
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:$options
targets=("$@")
[ ${#targets[@]} -gt 0 ] || read -r -a targets <<<"$("$program" 2>/dev/null || true)"

figure() { awk -v name="stat::$1:" '$1 == name { value = $2 } END { print value + 0 }' "$log"; }

# An input that takes half a gigabyte is a finding too; one that takes a second of the processor breaks a promise in the
# harness. libFuzzer goes by the clock, which goes on while the machine is busy or the run is stopped: it only ends what
# hangs.
fuzz() { # INPUT...: fails when there is a finding
  "$program" -max_len="${longest:-$maximum}" -timeout=300 -report_slow_units=300 -rss_limit_mb=512 \
    -max_total_time="$seconds" -runs="$runs" -print_final_stats=1 -artifact_prefix="$out/findings/$target-" "$@" >"$log" 2>&1
}

failed=0
for target in "${targets[@]}"; do
  export LONGHAUL_FUZZ_TARGET=$target
  corpus="$out/corpus/$target" found="Tests/Fuzzing/found/$target"
  mkdir -p "$corpus" "$out/findings"
  maximum=$(LONGHAUL_FUZZ_SEEDS=$corpus "$program" 2>/dev/null)
  inputs=("$corpus")
  [ ! -d "$found" ] || inputs+=("$found")
  log="$out/$target.log"
  if fuzz "${inputs[@]}"; then
    echo "$target: $(figure number_of_executed_units) executions of at most ${longest:-$maximum} bytes," \
      "none over 1 s, peak $(figure peak_rss_mb) MB"
  else
    failed=1
    echo "$target: a finding, see $log"
    grep -E '^SUMMARY|broken promise|Fatal error|ERROR' "$log" | head -5
  fi
done
exit $failed
