#!/usr/bin/env bash
# Longhaul against llama.cpp on one GGUF file, alternating, as a Markdown table.
#
# llama.cpp comes from PyPI: the source distribution of llama-cpp-python, built for this very processor, in a virtual
# environment of its own (the first run builds for half an hour or so on two cores).
#
#   deploy/bench/compare.sh MODEL.gguf [--threads 2] [--prompt 512,2048,8192] [--depth 0,8192] [--rounds 3]
#
# LONGHAUL_BENCH_VENV: the environment (default: longhaul-bench in the user's cache folder). LONGHAUL: the program
# (default: .build/release/longhaul). BUILD_JOBS: compilers at once (default 1).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${LONGHAUL_BENCH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/longhaul-bench}
program=${LONGHAUL:-$root/.build/release/longhaul}

if [ ! -x "$program" ]; then
  echo "compare.sh: $program is missing; build it: swift build -c release --product longhaul" >&2
  exit 69
fi
if ! "$venv/bin/python" -c 'import llama_cpp' 2>/dev/null; then
  for tool in python3 c++; do
    command -v "$tool" >/dev/null || {
      echo "compare.sh: $tool is missing; install it" >&2
      exit 69
    }
  done
  echo "compare.sh: building llama-cpp-python in $venv" >&2
  python3 -m venv "$venv"
  CMAKE_BUILD_PARALLEL_LEVEL=${BUILD_JOBS:-1} CMAKE_ARGS="-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF" \
    nice -n 15 "$venv/bin/pip" install --quiet --no-binary llama-cpp-python \
    --requirement "$here/requirements.txt" >&2
fi
exec "$venv/bin/python" "$here/compare.py" --program "$program" "$@"
