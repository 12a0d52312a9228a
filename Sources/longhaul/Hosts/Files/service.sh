#!/bin/sh
# Keeps a Longhaul process running where there is no systemd: starts it again when it fails, and lets it drain.
# usage: service start NAME PROGRAM [ARGUMENT...] | stop NAME SECONDS | pid NAME | lives NAME
# Beside this file, NAME.log has what the process says, and NAME.pid two lines: the process that keeps it and the one that
# works, each with the time of its start, which tells it from another process of the same number.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
script=$folder/$(basename "$0")

# usage: began PID     when a running process started, in ticks of the kernel
began() {
  fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # fields are words
  set -- $fields
  [ $# -ge 20 ] || return 1
  case $1 in Z | X) return 1 ;; esac
  echo "${20}"
}

# usage: alive NAME LINE     the process of a line of NAME.pid
alive() {
  line=$(sed -n "$2p" "$folder/$1.pid" 2>/dev/null) || return 1
  pid=${line%% *}
  [ -n "$pid" ] && [ "$(began "$pid")" = "${line#* }" ] && echo "$pid"
}

stop() {
  name=$1 left=$(($2 * 10))
  # The keeper passes the signal on; one that was killed cannot.
  keeper=$(alive "$name" 1) || keeper=$(alive "$name" 2) || return 0
  kill -TERM "$keeper" 2>/dev/null || :
  while [ "$left" -gt 0 ] && { alive "$name" 1 || alive "$name" 2; } >/dev/null; do
    sleep 0.1
    left=$((left - 1))
  done
  for line_number in 1 2; do
    ! pid=$(alive "$name" $line_number) || kill -KILL "$pid" 2>/dev/null || :
  done
  rm -f "$folder/$name.pid"
}

start() {
  name=$1
  if alive "$name" 1 >/dev/null; then return 0; fi
  # A process whose keeper was killed.
  stop "$name" 45
  umask 077
  log=$folder/$name.log
  if [ -e "$log" ] && [ "$(wc -c <"$log")" -gt 10000000 ]; then mv -f "$log" "$log.1"; fi
  setsid "$script" run "$@" </dev/null >>"$log" 2>&1 &
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if alive "$name" 1 >/dev/null; then return 0; fi
    sleep 0.1
  done
  echo "$name does not start; see $log" >&2
  return 1
}

run() {
  name=$1 child='' stopping=''
  shift
  trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || :' TERM INT
  trap '' HUP
  while :; do
    "$@" &
    child=$!
    [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null || :
    printf '%s %s\n' "$$" "$(began $$)" "$child" "$(began "$child")" >"$folder/$name.pid.part"
    mv -f "$folder/$name.pid.part" "$folder/$name.pid"
    while :; do
      status=0
      wait "$child" || status=$?
      # A signal to this process ends the waiting, not the child.
      kill -0 "$child" 2>/dev/null || break
    done
    child=''
    # Wrong usage and bad configuration stay as they are until an operator mends them.
    case $status in 0 | 2 | 78) break ;; esac
    [ -z "$stopping" ] || break
    echo "longhaul: $name ended with status $status; it is started again"
    sleep 2
    [ -z "$stopping" ] || break
  done
  rm -f "$folder/$name.pid"
  exit "$status"
}

case "${1:-} $#" in
  "stop 3") stop "$2" "$3" ;;
  "pid 2") alive "$2" 2 ;;
  "lives 2") alive "$2" 1 >/dev/null ;;
  "start "[3-9]* | "start "[12][0-9]*) shift && start "$@" ;;
  "run "[3-9]* | "run "[12][0-9]*) shift && run "$@" ;;
  *)
    sed -n '3s/^# //p' "$0" >&2
    exit 2
    ;;
esac
