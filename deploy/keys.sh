#!/usr/bin/env bash
# Makes a cluster's keys where scripts want them all: FOLDER/cluster for the coordinator, FOLDER/NAME.key for each worker.
# What is there stays, so that it also adds workers.
# usage: deploy/keys.sh FOLDER ENDPOINT WORKER...      LONGHAUL names the program, and may have arguments
set -euo pipefail
[ $# -ge 3 ] || {
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
folder=$1 endpoint=$2
shift 2
read -ra longhaul <<<"${LONGHAUL:-longhaul}"
umask 077
mkdir -p "$folder"
cd "$folder"

options=()
[ -e cluster/coordinator.key ] || options+=(--listen "$endpoint")
for worker in "$@"; do [ -e "$worker.key" ] || options+=(--worker "$worker"); done
[ ${#options[@]} -gt 0 ] || exit 0
# A token passes through pipes only: arguments can be read by every process of the machine.
"${longhaul[@]}" init cluster "${options[@]}" --json | sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' | while read -r token; do
  printf '%s\n' "$token" | "${longhaul[@]}" join - >&2
done
