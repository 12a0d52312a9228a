#!/usr/bin/env bash
# Makes a release's keys and prints its two secrets, for `kubectl apply --filename -`. What is in FOLDER stays, so that it
# also adds workers.
# usage: deploy/helm/keys.sh FOLDER RELEASE NAMESPACE WORKERS [GROUPS]
#   GROUPS   with mode leaderWorkerSet: the number of groups; WORKERS is that of each
set -euo pipefail
[ $# -ge 4 ] || {
  sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
folder=$1 release=$2 namespace=$3 count=$4 groups=${5:-0}
umask 077
mkdir -p "$folder"
workers=()
if [ "$groups" -eq 0 ]; then
  for ((n = 0; n < count; n++)); do workers+=("$release-worker-$n"); done
else
  for ((group = 0; group < groups; group++)); do
    for ((n = 1; n <= count; n++)); do workers+=("$release-$group-$n"); done
  done
fi
# A pod gets its coordinator's address from the chart: the one in the key is for commands.
"$(dirname "${BASH_SOURCE[0]}")/../keys.sh" "$folder" "tcp://$release-coordinator:7070" "${workers[@]}"
[ -s "$folder/api-keys" ] || head -c 24 /dev/urandom | base64 >"$folder/api-keys"

entry() { printf '  %s: %s\n' "$1" "$(base64 -w 0)"; }
secret() { printf -- '---\napiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata: {name: %s, namespace: %s}\ndata:\n' "$1" "$namespace"; }
secret longhaul-keys
for name in coordinator.key workers; do entry "$name" <"$folder/cluster/$name"; done
for worker in "${workers[@]}"; do entry "$worker.key" <"$folder/$worker.key"; done
secret longhaul-api
entry api-keys <"$folder/api-keys"
head -n 1 "$folder/api-keys" | tr -d '\n' | entry metrics-key
