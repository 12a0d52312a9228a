#!/usr/bin/env bash
# Lays out an installation below a prefix: program, resources, libraries, manual, completions, units, samples.
# usage: deploy/package/tree.sh PROGRAM PREFIX all|foreign
#   all       with every library but those of the C library, which each system has: runs from any folder
#   foreign   with those libraries only that no Debian package holds: Swift's, unless they are in the program
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=$1 prefix=$2 libraries=$3
home="$prefix/lib/longhaul"

mkdir -p "$prefix/bin" "$home"
install -m 755 "$program" "$home/longhaul"
strip --strip-unneeded "$home/longhaul"
# The program finds its resources beside itself, behind the link.
ln -s ../lib/longhaul/longhaul "$prefix/bin/longhaul"
cp -r "$(dirname "$program")/longhaul_longhaul.resources" "$home/"

# The C library and its loader must be the system's.
glibc='^(ld-linux.*|linux-vdso|libc|libm|libdl|libpthread|librt|libresolv|libutil)\.so'
ldd "$program" | sed -n 's/^\s*\(\S*\) => \(\/\S*\) .*/\1 \2/p' | sort | while read -r soname path; do
  [[ ! $soname =~ $glibc ]] || continue
  if [ "$libraries" = foreign ] && dpkg-query -S "*/$(basename "$(readlink -f "$path")")" >/dev/null 2>&1; then continue; fi
  install -m 644 "$path" "$home/$soname"
  strip --strip-unneeded "$home/$soname"
  # shellcheck disable=SC2016 # the loader expands $ORIGIN
  patchelf --set-rpath '$ORIGIN' "$home/$soname"
done
# shellcheck disable=SC2016
if compgen -G "$home/*.so*" >/dev/null; then
  patchelf --set-rpath '$ORIGIN' "$home/longhaul"
else
  patchelf --remove-rpath "$home/longhaul"
fi

# By the program itself: the release's own options and texts.
installed="$prefix/bin/longhaul"
completions() { "$installed" completion "$1" 2>/dev/null || "$installed" --generate-completion-script "$1"; }
mkdir -p "$prefix/share/bash-completion/completions" "$prefix/share/zsh/vendor-completions" \
  "$prefix/share/fish/vendor_completions.d" "$prefix/share/man/man1" "$prefix/share/doc/longhaul/examples"
completions bash | sed '1{/^#!/d}' >"$prefix/share/bash-completion/completions/longhaul"
completions zsh >"$prefix/share/zsh/vendor-completions/_longhaul"
completions fish >"$prefix/share/fish/vendor_completions.d/longhaul.fish"
"$installed" manual | gzip -n9 >"$prefix/share/man/man1/longhaul.1.gz"

mkdir -p "$prefix/lib/systemd/system" "$prefix/lib/sysusers.d" "$prefix/lib/tmpfiles.d"
install -m 644 deploy/systemd/*.service deploy/systemd/*.target "$prefix/lib/systemd/system/"
install -m 644 deploy/systemd/sysusers.conf "$prefix/lib/sysusers.d/longhaul.conf"
install -m 644 deploy/systemd/tmpfiles.conf "$prefix/lib/tmpfiles.d/longhaul.conf"
examples="$prefix/share/doc/longhaul/examples"
install -m 644 deploy/systemd/*.yaml deploy/systemd/numa.conf "$examples/"
install -m 644 deploy/monitoring/alerts.yml deploy/monitoring/board.json "$examples/"
install -m 644 deploy/*.md "$prefix/share/doc/longhaul/"
install -m 644 LICENSE "$prefix/share/doc/longhaul/copyright"
