#!/usr/bin/env bash
# Makes the container image, without a container engine: an OCI image in one file, for `docker load`, `podman load` or skopeo.
# usage: deploy/image.sh [--program FILE] [--out FILE.tar]
#   --program FILE   a longhaul that is built, with its .resources folder beside it; without it, one is built here, with
#                    Swift's libraries in it
#   --out FILE.tar   the image; .build/package/longhaul-VERSION-image-ARCHITECTURE.tar unless given
# In the image are the program, the libraries it needs, and the C library of this machine: no shell, no package manager.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program="" out=""
while [ $# -gt 0 ]; do
  case $1 in
    --program) program=$2 && shift 2 ;;
    --out) out=$2 && shift 2 ;;
    *) sed -n '2,7s/^# //p' deploy/image.sh >&2 && exit 2 ;;
  esac
done

deploy/dependencies.sh patchelf binutils dpkg-dev
if [ -z "$program" ]; then
  swift build -c release --product longhaul --traits TLS --static-swift-stdlib
  program="$(swift build -c release --static-swift-stdlib --show-bin-path)/longhaul"
fi
program=$(readlink -f "$program")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C
umask 022
version=$("$program" --version)
architecture=$(dpkg --print-architecture)
out=${out:-.build/package/longhaul-$version-image-$architecture.tar}
mkdir -p "$(dirname "$out")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root="$work/root"

deploy/package/tree.sh "$program" "$root/usr" all
# Units, completions and pages are for hosts.
rm -r "$root/usr/lib/systemd" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
find "$root/usr/share" -type f ! -name copyright -delete
find "$root/usr/share" -type d -empty -delete

# The C library with its loader, where that looks for it, and what it opens by name.
loader=$(patchelf --print-interpreter "$program")
libraries="$root/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)"
mkdir -p "$root$(dirname "$loader")" "$libraries"
cp -L "$loader" "$root$loader"
source=$(dirname "$(ldd "$program" | sed -n 's/.*libc\.so\.6 => \(\S*\) .*/\1/p')")
for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libnss_files.so.2 libnss_dns.so.2; do
  cp -L "$source/$name" "$libraries/"
done
mkdir -p "$root/etc" "$root/var/lib/longhaul" "$root/var/cache/longhaul" "$root/tmp" "$root/proc" "$root/dev" "$root/run"
echo 'longhaul:x:65532:65532:Longhaul:/var/lib/longhaul:/sbin/nologin' >"$root/etc/passwd"
echo 'longhaul:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
# For any user that the image is run as.
chmod 1777 "$root/tmp" "$root/var/cache/longhaul" "$root/var/lib/longhaul"

python3 deploy/image/pack.py "$root" "$version" "$architecture" "$out"
du -sh --apparent-size "$root" "$out" | sed "s#$root#unpacked#"
