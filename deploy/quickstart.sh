#!/usr/bin/env bash
# From a fresh machine to an answer: installs missing packages, builds, starts a coordinator and two workers on loopback
# with the demo model, and asks about a prompt longer than the model's trained context. Stops everything it started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1. System packages"
deploy/dependencies.sh curl
echo "done"

say "2. Build (the first one takes a few minutes)"
swift build -c release --product longhaul
bin="$(swift build -c release --show-bin-path)/longhaul"

say "3. One coordinator and two workers, each its own process"
run=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

"$bin" serve --listen "ipc://$run/control" --http 127.0.0.1:0 --workers 2 --sequences 1 2>"$run/coordinator.log" &
pids+=($!)
for n in 1 2; do
  "$bin" worker --coordinator "ipc://$run/control" --name "worker-$n" --data "ipc://$run/stage-$n" --threads 1 \
    2>"$run/worker-$n.log" &
  pids+=($!)
done

port=""
for _ in $(seq 300); do
  for pid in "${pids[@]}"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      echo "a process ended early; the logs:" >&2
      cat "$run"/*.log >&2
      exit 1
    fi
  done
  port=$(sed -n 's/.* http port=\([0-9]*\).*/\1/p' "$run/coordinator.log" | head -n 1)
  [ -z "$port" ] || ! curl -sf "http://127.0.0.1:$port/health" >/dev/null || break
  sleep 0.1
done
url="http://127.0.0.1:$port"
if [ -z "$port" ] || ! curl -sf "$url/health" >/dev/null; then
  echo "the cluster did not become ready; the logs:" >&2
  cat "$run"/*.log >&2
  exit 1
fi
grep -h "assigned" "$run"/worker-*.log | sed 's/.*assigned/worker: assigned/'
echo "HTTP at $url"

say "4. A prompt longer than the trained context"
prompt=deploy/demo-model/prompt-long.txt
"$bin" tokenize -f "$prompt" --json >"$run/tokens.json"
count=$(grep -c '^    [0-9]' "$run/tokens.json" || true)
trained=$("$bin" inspect --json | sed -n 's/.*"trained_length" : \([0-9]*\).*/\1/p' | head -n 1)
echo "the prompt has $count tokens; the model was trained on $trained"
echo "it begins: $(head -c 160 "$prompt" | tr '\n' ' ')..."
echo "it ends:   ...$(tail -c 120 "$prompt" | tr '\n' ' ')"

body=$(
  jq_free_json() { sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\t/\\t/g' "$1" | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'; }
  jq_free_json "$prompt"
)
ask() {
  printf '{"prompt":"%s","max_tokens":12,"temperature":0,"stream":true%s}' "$body" "$1" |
    curl -sN --max-time 120 -H 'Content-Type: application/json' --data-binary @- "$url/v1/completions" |
    sed -un 's/^data: .*"text":"\(\([^"\\]\|\\.\)*\)".*/\1/p' | tr -d '\n'
  echo
}

say "5. The answer, streamed, with SelfExtend (automatic)"
ask ''
say "6. The same question with plain attention (group_size 1)"
ask ',"group_size":1'

say "Done. Try next:"
cat <<TEXT
  $bin run -p "Once upon a time"                  one answer, on a local cluster
  $bin run MODEL.gguf -f BOOK.txt --workers 3     your own model and text
  $bin plan MODEL.gguf --workers 4 --context 32768 which layers go where
  $bin explain --context 2048                     which policy a length gets, and why
  $bin verify-context --context 2048 --report report.html   how far to trust the demo model, as a page
  deploy/README.md                                a cluster over several machines
TEXT
