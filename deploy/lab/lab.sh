#!/usr/bin/env bash
# Several hosts on one machine: network namespaces with links of their own delay and width, and a cluster with keys over
# them. Host 0 has the coordinator, hosts 1 to N a worker each; the machine's own network is not touched.
# usage: deploy/lab/lab.sh COMMAND      needs root, iproute2, and python3
#   up N [DELAY [MBIT]]     makes hosts 0 to N; each link adds DELAY ms (0) a way, and carries MBIT Mbit/s (1000)
#   start PROGRAM [OPTION…] starts the cluster; options are those of `longhaul serve`, the model first
#   ready                   waits until it serves
#   in HOST COMMAND…        runs a command on a host
#   url                     prints where host 0 serves the API, for commands `in` a host
#   kill HOST               kills the host's process (-9)
#   heal HOST               starts it again, and mends its link
#   cut HOST                takes its link away
#   shape HOST DELAY MBIT [LOSS]   changes its link; LOSS is the share of packets that vanish (0)
#   down                    ends all processes and removes all hosts
set -euo pipefail
state=${LAB:-/run/longhaul-lab}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  sed -n '4,15s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
address() { echo "10.71.0.$(($1 + 1))"; }
inside() { ip netns exec "lab-$1" "${@:2}"; }
hosts() { seq 0 "$(cat "$state/count")"; }

# usage: link HOST DELAY MBIT LOSS up|cut      a file, and the switch reads it again
link() {
  local host=$1
  shift
  echo "$*" >"$state/link-$host.part"
  mv "$state/link-$host.part" "$state/link-$host"
  [ ! -e "$state/switch" ] || kill -HUP "$(cat "$state/switch")"
}
shape() { link "$1" "$2" "$3" "${4:-0}" up; }
cut() {
  read -r delay width loss _ <"$state/link-$1"
  link "$1" "$delay" "$width" "$loss" cut
}

up() {
  local count=$1 delay=${2:-0} width=${3:-1000}
  [ ! -e "$state" ] || {
    echo "a lab is up: lab.sh down" >&2
    exit 1
  }
  mkdir -p "$state"
  echo "$count" >"$state/count"
  for host in $(hosts); do shape "$host" "$delay" "$width"; done
  setsid python3 "$here/switch.py" "$state" "$count" >"$state/switch.log" 2>&1 </dev/null &
  disown
  for _ in $(seq 100); do
    [ ! -e "$state/switch" ] || break
    sleep 0.05
  done
  [ -e "$state/switch" ] || {
    cat "$state/switch.log" >&2
    rm -rf "$state"
    exit 1
  }
  for host in $(hosts); do
    ip netns add "lab-$host"
    ip link set "port$host" netns "lab-$host" name eth0
    ip -n "lab-$host" link set lo up
    ip -n "lab-$host" address add "$(address "$host")/24" dev eth0
    ip -n "lab-$host" link set eth0 up
  done
}

# A process of a host, with its log, in the background of this script's end.
launch() {
  local host=$1
  shift
  setsid ip netns exec "lab-$host" "$@" >>"$state/host-$host.log" 2>&1 </dev/null &
  echo $! >"$state/host-$host.pid"
  disown
}

worker() {
  launch "$1" "$(cat "$state/program")" worker --keys "$state/keys/host-$1.key" --name "host-$1" --threads 1 \
    --weights-cache "$state/cache-$1"
}

start() {
  local program names=()
  program=$(readlink -f "$1")
  shift
  echo "$program" >"$state/program"
  for host in $(hosts); do [ "$host" -eq 0 ] || names+=("host-$host"); done
  LONGHAUL=$program "$here/../keys.sh" "$state/keys" "tcp://$(address 0):7070" "${names[@]}" 2>/dev/null
  launch 0 "$program" serve "$@" --cluster "$state/keys/cluster" --http "$(address 0):8080" --insecure --metrics \
    --workers "$(cat "$state/count")" --weights-cache "$state/cache-0"
  for host in $(hosts); do [ "$host" -eq 0 ] || worker "$host"; done
}

ready() {
  for _ in $(seq 600); do
    ! inside 0 curl -sf --max-time 5 "$(url)/health" >/dev/null || return 0
    sleep 0.2
  done
  echo "the cluster is not ready after 120 s; logs are in $state" >&2
  exit 1
}

url() { echo "http://$(address 0):8080"; }

heal() {
  read -r delay width loss _ <"$state/link-$1"
  link "$1" "$delay" "$width" "$loss" up
  kill -0 "$(cat "$state/host-$1.pid")" 2>/dev/null || worker "$1"
}

down() {
  local namespace pid
  for namespace in $(ip netns list | sed -n 's/^\(lab-[0-9a-z]*\).*/\1/p'); do
    for pid in $(ip netns pids "$namespace"); do kill "$pid" 2>/dev/null || true; done
  done
  for namespace in $(ip netns list | sed -n 's/^\(lab-[0-9a-z]*\).*/\1/p'); do
    for _ in $(seq 50); do
      [ -n "$(ip netns pids "$namespace")" ] || break
      sleep 0.1
    done
    for pid in $(ip netns pids "$namespace"); do kill -9 "$pid" 2>/dev/null || true; done
    ip netns delete "$namespace"
  done
  [ ! -e "$state/switch" ] || kill "$(cat "$state/switch")" 2>/dev/null || true
  rm -rf "$state"
}

[ "$(id -u)" -eq 0 ] || {
  echo "deploy/lab/lab.sh needs root, to make network namespaces" >&2
  exit 1
}
case "${1:-} $#" in
  "up "[234] | "start "* | "shape "[45]) "$1" "${@:2}" ;;
  "in "*) inside "${@:2}" ;;
  "kill 2") kill -9 "$(cat "$state/host-$2.pid")" ;;
  "heal 2" | "cut 2") "$1" "$2" ;;
  "ready 1" | "url 1" | "down 1") "$1" ;;
  *) usage ;;
esac
