#!/usr/bin/env bash
# Runs the job for real: a Slurm of one node on this machine, two workers, one question, and a drain.
# usage: deploy/slurm/try.sh PROGRAM     needs root and Debian's packages slurmctld, slurmd, slurm-client and munge
set -euo pipefail
program=$(readlink -f "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for tool in slurmctld slurmd sbatch munged curl; do
  command -v "$tool" >/dev/null || {
    echo "deploy/slurm/try.sh: skipped: this machine has no $tool"
    exit 0
  }
done
[ "$(id -u)" -eq 0 ] || {
  echo "deploy/slurm/try.sh: skipped: it needs root"
  exit 0
}

work=$(mktemp -d)
chmod 755 "$work"
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

mkdir -m 700 "$work/munge"
mkdir -m 755 "$work/munge-run"
head -c 64 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
chown -R munge: "$work/munge" "$work/munge-run"
# As its own user, and with nothing outside this folder.
setpriv --reuid munge --regid munge --clear-groups munged --foreground --force --key-file="$work/munge/key" \
  --socket="$work/munge-run/socket" --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" 2>/dev/null &
pids+=($!)

name=$(hostname -s)
mkdir "$work/ctld" "$work/slurmd" "$work/shared"
cat >"$work/slurm.conf" <<CONF
ClusterName=try
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge-run/socket
CredType=cred/munge
StateSaveLocation=$work/ctld
SlurmdSpoolDir=$work/slurmd
SlurmctldPidFile=$work/ctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/ctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
KillWait=60
NodeName=$name NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$work/slurm.conf"
slurmctld -D 2>/dev/null &
pids+=($!)
slurmd -D 2>/dev/null &
pids+=($!)
for _ in $(seq 100); do
  [ "$(sinfo --noheader --format=%T 2>/dev/null)" != idle ] || break
  sleep 0.2
done

export LONGHAUL="$program" SHARED="$work/shared" INTERFACE=lo CONTEXT=512 SEQUENCES=1
timeout 120 "$here/interactive.sh" --nodes=1 --ntasks-per-node=2 --cpus-per-task=1 --signal=B:TERM@5 | tee "$work/out"
id=$(sed -n 's/^job //p' "$work/out")
url=$(sed -n 's/^url=//p' "$work/out")
key=$(sed -n 's/^key=//p' "$work/out")
answer=$(curl -sf --max-time 60 "$url/v1/completions" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
  -d '{"prompt": "Once upon a time", "max_tokens": 8, "temperature": 0}')
grep -q '"text"' <<<"$answer"
if curl -sf "$url/v1/models" >/dev/null; then
  echo "the API answers without a key" >&2
  exit 1
fi

scancel --batch --signal=TERM "$id"
for _ in $(seq 300); do
  [ -n "$(squeue --noheader --job "$id" 2>/dev/null)" ] || break
  sleep 0.2
done
if pgrep -f "$work/shared/$id" >/dev/null || [ -e "$work/shared/$id/keys" ]; then
  echo "processes or keys outlive the job" >&2
  exit 1
fi
grep -q 'ready:' "$work/shared/$id.out"
echo "Slurm: the job answered, drained, and left its logs only"
