#!/usr/bin/env bash
# Installs the release into a clean Debian, uses it, and removes it without a trace.
# usage: deploy/package/try.sh FOLDER [SUITE]   FOLDER is where deploy/package.sh wrote; SUITE bookworm, or trixie, …
# Needs root and debootstrap, which downloads about 70 MB.
# shellcheck disable=SC2016 # the shell in the chroot expands them
set -euo pipefail
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "deploy/package/try.sh: skipped: it needs root and debootstrap"
  exit 0
fi
folder=$(readlink -f "$1") suite=${2:-bookworm}
(cd "$folder" && sha256sum --check --quiet SHA256SUMS)
work=$(mktemp -d)
root="$work/root"
cleanup() {
  for mount in proc dev; do ! mountpoint -q "$root/$mount" || umount -l "$root/$mount"; done
  rm -rf "$work"
}
trap cleanup EXIT
debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"} >"$work/log" || {
  tail -n 5 "$work/log" >&2
  exit 1
}
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /dev "$root/dev"
within() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
# What a package manager keeps of its own work is no trace.
files() {
  (cd "$root" && find . -xdev -path ./proc -prune -o -path ./dev -prune -o -print | sort |
    grep -vE '^\./(var/(lib/(dpkg|apt|systemd)|cache|log)|tmp|run)(/|$)|^\./etc/.*-$|^\./etc/\.pwd\.lock$')
}
within apt-get update -qq
# What the package needs of the system stays when it goes.
cp "$folder"/*.deb "$root/tmp/longhaul.deb"
within sh -c 'apt-get install -y -qq --no-install-recommends $(dpkg-deb -f /tmp/longhaul.deb Depends | tr , "\n" |
  sed "s/|.*//; s/(.*//")' >>"$work/log" 2>&1
files >"$work/before"

echo "== the package"
within apt-get install -y -qq --no-install-recommends /tmp/longhaul.deb >>"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  exit 1
}
within longhaul --version
within longhaul run --prompt "Once upon a time" --max-tokens 8 --temperature 0
within sh -c 'test "$(stat -c %U /var/lib/longhaul)" = longhaul && test -e /usr/share/man/man1/longhaul.1.gz
  test -e /usr/share/bash-completion/completions/longhaul && test -e /usr/lib/systemd/system/longhaul-coordinator.service'
# As the units do, by hand: systemd does not run here. Keys with the service's user, a worker, an answer.
within setpriv --reuid longhaul --regid longhaul --clear-groups sh -ec '
  cd /var/lib/longhaul
  token=$(longhaul init cluster --listen tcp://127.0.0.1:7070 --worker w1 --json | sed -n "s/.*\"token\" *: *\"\([^\"]*\)\".*/\1/p")
  printf "%s\n" "$token" | longhaul join - >/dev/null
  longhaul serve --cluster cluster --http 127.0.0.1:18080 --workers 1 --context 256 --weights-cache /var/cache/longhaul 2>/tmp/serve.log &
  serve=$!
  longhaul worker --keys w1.key --weights-cache /var/cache/longhaul --threads 1 2>/tmp/worker.log &
  worker=$!
  for _ in $(seq 300); do ! grep -q " serving" /tmp/serve.log || break; sleep 0.1; done
  grep -q " serving" /tmp/serve.log || { cat /tmp/serve.log /tmp/worker.log; exit 1; }
  kill $serve; wait $serve; wait $worker
  rm w1.key'
echo "coordinator and worker ran as longhaul, and ended with 0"
within apt-get purge -y -qq longhaul >>"$work/log" 2>&1
files >"$work/after"
diff "$work/before" "$work/after" || {
  echo "the package leaves or takes something" >&2
  exit 1
}
! within getent passwd longhaul || {
  echo "the package leaves its user" >&2
  exit 1
}
echo "purged without a trace"

echo "== the tarball"
mkdir "$root/opt/longhaul"
tar -C "$root/opt/longhaul" --strip-components=1 -xzf "$folder"/longhaul-*.tar.gz
# Nothing of the system but the C library.
within sh -c 'mv /usr/lib/*/libzmq.so.5* /usr/lib/*/libprotobuf-c.so.1* /tmp/ && ldconfig'
within /opt/longhaul/bin/longhaul run --prompt "Once upon a time" --max-tokens 8 --temperature 0
echo "$suite: both work"
