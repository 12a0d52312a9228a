#!/usr/bin/env bash
# A cluster of three hosts with keys, hurt while it answers: a worker killed, a link cut, a link slowed. Each answer has to be
# the one of the undisturbed cluster, and in the end nothing may be left.
# usage: deploy/lab/try.sh PROGRAM [MODEL]     needs root, iproute2 and curl
set -euo pipefail
[ "$(id -u)" -eq 0 ] || {
  echo "deploy/lab/try.sh: skipped: it needs root"
  exit 0
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=$(mktemp -d)
export LAB
rmdir "$LAB"
lab() { "$here/lab.sh" "$@"; }
trap 'lab down' EXIT

lab up 3 2 1000
lab start "$1" ${2:+"$2"} --context 1024
lab ready
url=$(lab url)

# usage: ask TOKENS FILE     greedy, streamed, text only
ask() {
  lab in 0 curl -sfN --max-time 300 "$url/v1/completions" -H 'Content-Type: application/json' \
    -d "{\"prompt\": \"Once upon a time\", \"max_tokens\": $1, \"temperature\": 0, \"ignore_eos\": true, \"stream\": true}" |
    sed -un 's/^data: .*"text":"\(\([^"\\]\|\\.\)*\)".*/\1/p' >"$2"
}
metric() { lab in 0 curl -sf "$url/metrics" | sed -n "s/^longhaul_$1 //p"; }

ask 300 "$LAB/undisturbed"
[ "$(wc -l <"$LAB/undisturbed")" -gt 100 ]

# usage: disturbed WHAT COMMAND…     while an answer is under way
disturbed() {
  local what=$1 began=$SECONDS
  shift
  : >"$LAB/answer"
  ask 300 "$LAB/answer" &
  local client=$!
  until [ "$(wc -l <"$LAB/answer")" -gt 50 ]; do sleep 0.02; done
  [ "$(wc -l <"$LAB/answer")" -lt 250 ] || echo "note: the answer was nearly over when the fault came"
  "$@"
  wait "$client"
  if ! cmp -s <(tr -d '\n' <"$LAB/undisturbed") <(tr -d '\n' <"$LAB/answer"); then
    echo "$what: the answer differs" >&2
    exit 1
  fi
  echo "$what: the same answer, after $((SECONDS - began)) s"
}
plans() { metric plans_served_total; }
# A worker that returns is given layers again.
settled() {
  for _ in $(seq 600); do
    [ "$(metric 'worker_layers{worker="host-[0-9]"}' | grep -vc '^0$')" -lt 3 ] || return 0
    sleep 0.2
  done
  echo "the workers do not share the layers again; logs are in $LAB" >&2
  exit 1
}

before=$(plans)
disturbed "worker killed" lab kill 2
[ "$(plans)" -gt "$before" ]
lab heal 2
settled
disturbed "link cut for three seconds" bash -c "'$here/lab.sh' cut 3; sleep 3; '$here/lab.sh' heal 3"
settled
disturbed "link slowed to 20 ms and 20 Mbit/s" lab shape 1 20 20
disturbed "coordinator's host slowed" lab shape 0 10 100

lab down
trap - EXIT
if ip netns list | grep -q '^lab-' || [ -e "$LAB" ]; then
  echo "the lab has left something" >&2
  exit 1
fi
echo "the lab is gone"
