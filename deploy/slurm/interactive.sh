#!/usr/bin/env bash
# Submits a cluster and waits until it answers; prints the tunnel to it. Ctrl-C cancels the job.
# usage: deploy/slurm/interactive.sh [sbatch options]     with MODEL and the other variables of longhaul.sbatch set
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=${SHARED:-$HOME/longhaul}
mkdir -p "$shared"
export LONGHAUL_KEYS_SCRIPT=${LONGHAUL_KEYS_SCRIPT:-$here/../keys.sh}
id=$(sbatch --parsable --export=ALL --output="$shared/%j.out" "$@" "$here/longhaul.sbatch")
id=${id%%;*}
trap 'scancel --batch --signal=TERM "$id"; exit 130' INT TERM
echo "job $id"
until [ -e "$shared/$id/connect" ]; do
  state=$(squeue --noheader --format=%T --job "$id" 2>/dev/null || true)
  case $state in
    PENDING | CONFIGURING | RUNNING) sleep 1 ;;
    *)
      echo "job $id ended before it was ready: $shared/$id.out" >&2
      tail -n 5 "$shared/$id.out" >&2 || true
      exit 1
      ;;
  esac
done
cat "$shared/$id/connect"
echo "stop it with: scancel --batch --signal=TERM $id"
