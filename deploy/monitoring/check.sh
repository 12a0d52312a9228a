#!/usr/bin/env bash
# Checks the alert rules and runs their tests; no cluster is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

command -v promtool >/dev/null || {
  echo "deploy/monitoring/check.sh: skipped: this machine has no promtool (Debian's package prometheus has it)"
  exit 0
}
promtool check rules alerts.yml
promtool check config prometheus.yml
promtool test rules alerts_test.yml
