#!/usr/bin/env bash
# Checks a server with the clients that people use: openai, anthropic, ollama, langchain-openai, litellm, llm, lm-eval; and
# with some 7,000 requests that schemathesis makes up from /openapi.json. Makes an environment of its own for them, unless
# LONGHAUL_CLIENTS_PYTHON names a Python that has them. What is not installed is reported as skipped. Ends with 75 where the
# environment cannot be made, for example without a network.
#
#   Tests/Clients/check.sh [PROGRAM [MODEL]] [-- ARGUMENTS OF PYTEST]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)

program="$project/.build/debug/longhaul"
if [ $# -gt 0 ] && [ "$1" != -- ]; then
  program=$1
  shift
fi
model=""
if [ $# -gt 0 ] && [ "$1" != -- ]; then
  model=$1
  shift
fi
if [ $# -gt 0 ] && [ "$1" = -- ]; then shift; fi

if [ ! -x "$program" ]; then
  echo "Tests/Clients/check.sh: $program is missing; build it (swift build --product longhaul), or name another" >&2
  exit 69
fi

python=${LONGHAUL_CLIENTS_PYTHON:-}
if [ -z "$python" ]; then
  environment=${LONGHAUL_CLIENTS_ENVIRONMENT:-${XDG_CACHE_HOME:-$HOME/.cache}/longhaul/clients}
  python="$environment/bin/python"
  if ! cmp -s "$here/requirements.txt" "$environment/requirements.txt"; then
    if ! python3 -m venv "$environment" ||
      ! "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"; then
      echo "Tests/Clients/check.sh: the clients cannot be installed in $environment" >&2
      exit 75
    fi
    cp "$here/requirements.txt" "$environment/requirements.txt"
  fi
fi

LITELLM_LOCAL_MODEL_COST_MAP=True LONGHAUL_PROGRAM=$program LONGHAUL_CHECKED_MODEL=$model PYTHONDONTWRITEBYTECODE=1 \
  exec "$python" -m pytest -p no:cacheprovider --disable-warnings -q -rs "$@" "$here"
