#!/usr/bin/env bash
# Runs lm-eval (EleutherAI's evaluation harness) against a served cluster, through /v1/completions.
#
#   deploy/lm-eval.sh http://127.0.0.1:8080 --tasks hellaswag --num_fewshot 10     any lm_eval arguments after the address
#   deploy/lm-eval.sh check                                                       the project's own tasks, compared with references
#
# lm-eval and its dependencies (about 760 MiB; no PyTorch) go into LM_EVAL_VENV, by default .build/lm-eval. The server
# tokenizes. LONGHAUL_PROGRAM names the program that `check` starts; by default the release build.
# LM_EVAL_MODEL_ARGS adds to --model_args, for example max_length=16384,num_concurrent=4.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=${LM_EVAL_VENV:-.build/lm-eval}
program=${LONGHAUL_PROGRAM:-.build/release/longhaul}

if [ $# -eq 0 ]; then
  sed -n '2,10p' "${BASH_SOURCE[0]}" >&2
  exit 64
fi
if [ ! -x "$venv/bin/lm_eval" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'lm-eval[api]==0.4.13' gguf
fi

if [ "$1" != check ]; then
  address=${1%/}
  shift
  model=$(curl -sSf ${OPENAI_API_KEY:+-H "Authorization: Bearer $OPENAI_API_KEY"} "$address/v1/models" |
    "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["id"])')
  arguments="model=$model,base_url=$address/v1/completions,tokenizer_backend=remote"
  exec "$venv/bin/lm_eval" run --model local-completions --model_args "$arguments${LM_EVAL_MODEL_ARGS:+,$LM_EVAL_MODEL_ARGS}" "$@"
fi

folder=$(mktemp -d)
started=()
# shellcheck disable=SC2154
trap 'kill "${started[@]}" 2>/dev/null || true; wait || true; rm -rf "$folder"' EXIT
"$program" serve Tests/EndToEndTests/LMEval/tiny.gguf --kv-type f32 --workers 2 --listen "ipc://$folder/control" \
  --http 127.0.0.1:0 --quiet --json >"$folder/serve.json" &
started+=($!)
for worker in a b; do
  "$program" worker --coordinator "ipc://$folder/control" --name "$worker" --data "ipc://$folder/$worker" --threads 1 --quiet &
  started+=($!)
done
for _ in $(seq 300); do
  [ -s "$folder/serve.json" ] && break
  sleep 0.1
done
port=$("$venv/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["http_port"])' "$folder/serve.json")
"$venv/bin/python" Tests/EndToEndTests/LMEval/record.py "http://127.0.0.1:$port" >"$folder/requests.jsonl"
cmp "$folder/requests.jsonl" Tests/EndToEndTests/LMEval/requests.jsonl
echo "lm-eval sent the recorded requests, and every log-likelihood is within 1e-3 of its reference"
