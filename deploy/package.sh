#!/usr/bin/env bash
# Makes what a release is: a relocatable tarball, a Debian package, their parts lists (SBOM) and their checksums.
# usage: deploy/package.sh [--program FILE] [--out FOLDER] [tarball] [deb]
#   --program FILE   a longhaul that is built, with its .resources folder beside it; without it, one is built here, with
#                    Swift's libraries in it
#   --out FOLDER     where files are written; .build/package unless given
# The time in the files is that of the last commit (or SOURCE_DATE_EPOCH), so that the same program gives the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program="" out=.build/package kinds=()
while [ $# -gt 0 ]; do
  case $1 in
    --program) program=$2 && shift 2 ;;
    --out) out=$2 && shift 2 ;;
    tarball | deb) kinds+=("$1") && shift ;;
    *) sed -n '2,7s/^# //p' deploy/package.sh >&2 && exit 2 ;;
  esac
done
[ ${#kinds[@]} -gt 0 ] || kinds=(tarball deb)

deploy/dependencies.sh patchelf binutils dpkg-dev
if [ -z "$program" ]; then
  swift build -c release --product longhaul --traits TLS --static-swift-stdlib
  program="$(swift build -c release --static-swift-stdlib --show-bin-path)/longhaul"
fi
program=$(readlink -f "$program")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
version=$("$program" --version)
architecture=$(dpkg --print-architecture)
# The releases of the Swift packages in it: of the tree in which the program was built.
resolved="${program%%/.build/*}/Package.resolved"
mkdir -p "$out"
out=$(readlink -f "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for kind in "${kinds[@]}"; do
  case $kind in
    tarball)
      name="longhaul-$version-linux-$architecture"
      deploy/package/tree.sh "$program" "$work/$name" all
      python3 deploy/package/sbom.py "$work/$name" "$version" "$resolved" >"$out/$name.spdx.json"
      tar -C "$work" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
        -c "$name" | gzip -n6 >"$out/$name.tar.gz"
      ;;
    deb)
      name="longhaul_${version}_$architecture"
      deploy/package/tree.sh "$program" "$work/deb/usr" foreign
      python3 deploy/package/sbom.py "$work/deb/usr" "$version" "$resolved" >"$out/$name.spdx.json"
      deploy/package/deb.sh "$work/deb" "$version" "$architecture" "$out/$name.deb"
      ;;
  esac
done
(cd "$out" && find . -maxdepth 1 -type f -name 'longhaul*' -printf '%f\n' | sort | xargs sha256sum >SHA256SUMS)
ls -l "$out"
