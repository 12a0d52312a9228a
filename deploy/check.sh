#!/usr/bin/env bash
# Checks everything in deploy/ that starts or watches the program, as far as this machine has the tools; takes seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What `longhaul COMMAND --help` has, by the page of commands, which a test keeps current.
options() {
  sed -n "/^## longhaul $1\$/,/^## /p" cli.md | grep -oE -- '--[a-z][a-z-]*' | sort -u
}
declare -A known
for command in serve worker; do known[$command]=$(
  options "$command"
  sed -n '/^## Shared options$/,/^## /p' cli.md | grep -oE -- '--[a-z][a-z-]*'
); done

# usage: passes COMMAND WHERE < the text that passes options to it
passes() {
  local option
  grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -- '--[a-z][a-z-]*' | sort -u | while read -r option; do
    grep -qx -- "$option" <<<"${known[$1]}" || {
      echo "$2 passes $option to longhaul $1, which has no such option" >&2
      exit 1
    }
  done
}
grep '^ExecStart=' systemd/longhaul-coordinator.service | passes serve systemd/longhaul-coordinator.service
grep '^ExecStart=' systemd/longhaul-worker@.service | passes worker systemd/longhaul-worker@.service
sed -n '/command: >-/,/networks:/p' compose/compose.yaml | passes serve compose/compose.yaml
grep 'command: \[worker' compose/compose.yaml | passes worker compose/compose.yaml
sed -n '/- serve$/,/ports:/p' helm/longhaul/templates/_pods.tpl | grep -- '- --' | passes serve helm/longhaul
sed -n '/- worker$/,/ports:/p' helm/longhaul/templates/_pods.tpl | grep -- '- --' | passes worker helm/longhaul
echo "units, compose file and chart pass options that the program has"

systemd/check.sh
monitoring/check.sh
if command -v python3 >/dev/null; then
  python3 compose/check.py
  python3 helm/check.py
fi
