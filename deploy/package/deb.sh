#!/usr/bin/env bash
# Packs an installation below ROOT/usr as a Debian package.
# usage: deploy/package/deb.sh ROOT VERSION ARCHITECTURE FILE.deb
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$(readlink -f "$1") version=$2 architecture=$3 file=$4
control="$root/DEBIAN"
mkdir -p "$control"

# Configuration, which dpkg keeps when an operator has changed it.
mkdir -p "$root/etc/longhaul"
install -m 644 deploy/systemd/serve.yaml deploy/systemd/worker.yaml "$root/etc/longhaul/"
printf '/etc/longhaul/%s\n' serve.yaml worker.yaml >"$control/conffiles"

printf 'longhaul (%s) unstable; urgency=medium\n\n  * Release %s; see CHANGELOG.md of the source.\n\n -- %s  %s\n' \
  "$version" "$version" "The Longhaul authors <longhaul@example.com>" "$(date -R -d "@$SOURCE_DATE_EPOCH")" |
  gzip -n9 >"$root/usr/share/doc/longhaul/changelog.gz"
find "$root/usr/share/doc/longhaul" -name '*.md' -size +4k -exec gzip -n9 {} +

mkdir -p "$root/usr/share/lintian/overrides"
printf '# The YAML parser is a Swift package that holds its own copy.\nlonghaul: embedded-library libyaml *\n' \
  >"$root/usr/share/lintian/overrides/longhaul"

# What the program and the libraries beside it need of the system, by the packages that this system has it from.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/debian"
printf 'Source: longhaul\n\nPackage: longhaul\nArchitecture: any\n' >"$scratch/debian/control"
mapfile -t objects < <(find "$root/usr/lib/longhaul" -maxdepth 1 -type f \( -name longhaul -o -name '*.so*' \))
(cd "$scratch" && dpkg-shlibdeps -O -l"$root/usr/lib/longhaul" --ignore-missing-info "${objects[@]}" >found 2>log) || {
  grep -v warning "$scratch/log" >&2
  exit 1
}
depends=$(sed -n 's/^shlibs:Depends=//p' "$scratch/found")
# The coordinator's and the workers' user is made by these.
depends="$depends, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles"

cat >"$control/control" <<TEXT
Package: longhaul
Version: $version
Architecture: $architecture
Maintainer: The Longhaul authors <longhaul@example.com>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends
Section: science
Priority: optional
Description: language models on several machines, beyond their trained context
 One program runs a large language model over several processes or machines:
 a coordinator plans which layers each worker holds and serves the API of
 OpenAI and others over HTTP. SelfExtend lets a model read prompts that are
 longer than those it was trained on.
TEXT

cat >"$control/postinst" <<'TEXT'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
  systemd-sysusers longhaul.conf
  # Where systemd does not run, as in a chroot, only the folders matter.
  systemd-tmpfiles --create longhaul.conf || [ ! -d /run/systemd/system ]
  # An upgrade restarts nothing: an operator does, worker by worker, so that no request is lost.
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
TEXT
cat >"$control/prerm" <<'TEXT'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl stop 'longhaul-worker@*.service' longhaul-coordinator.service longhaul.target || true
fi
TEXT
cat >"$control/postrm" <<'TEXT'
#!/bin/sh
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
if [ "$1" = purge ]; then
  # Keys, tokens and downloaded weights; a model that an operator put there stays.
  rm -rf /etc/longhaul /var/cache/longhaul /var/lib/longhaul/cluster
  find /var/lib/longhaul -depth -type d -empty -delete 2>/dev/null || true
  [ -d /var/lib/longhaul ] || userdel longhaul 2>/dev/null || true
fi
TEXT
chmod 755 "$control/postinst" "$control/prerm" "$control/postrm"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >"$control/md5sums")
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
