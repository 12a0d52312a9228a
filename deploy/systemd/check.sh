#!/usr/bin/env bash
# Checks the units: systemd reads them without a complaint, and their exposure is at most 2.0 of 10.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

command -v systemd-analyze >/dev/null || {
  echo "deploy/systemd/check.sh: skipped: this machine has no systemd-analyze"
  exit 0
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# systemd looks for the program, which need not be installed here.
for unit in *.service *.target; do sed 's#=/usr/bin/longhaul #=/bin/true #' "$unit" >"$scratch/$unit"; done
cp "$scratch/longhaul-worker@.service" "$scratch/longhaul-worker@0.service"
mkdir "$scratch/longhaul-worker@0.service.d"
cp numa.conf "$scratch/longhaul-worker@0.service.d/"
cd "$scratch"

units=(./longhaul-coordinator.service ./longhaul-worker@0.service)
complaints=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "${units[@]}" ./longhaul.target 2>&1) || {
  echo "$complaints" >&2
  exit 1
}
if [ -n "$complaints" ]; then
  echo "$complaints" >&2
  exit 1
fi
for unit in "${units[@]}"; do
  systemd-analyze security --offline=true --threshold=20 "$unit" | tail -n 1
done
