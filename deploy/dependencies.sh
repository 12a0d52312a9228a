#!/usr/bin/env bash
# Installs the system packages that the build needs and that are missing.
# usage: deploy/dependencies.sh [PACKAGE...]   more packages, for scripts that need them
set -euo pipefail

wanted=(libzmq3-dev libprotobuf-c-dev libssl-dev libcurl4-openssl-dev "$@")

if ! command -v swift >/dev/null 2>&1; then
  echo "longhaul: no Swift toolchain found; install Swift 6.1 or later (https://www.swift.org/install) and add it to PATH" >&2
  exit 69
fi

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo "longhaul: this system has no apt; install the equivalents of these packages, then build with" >&2
  echo "  swift build -c release: ${wanted[*]}" >&2
  exit 69
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "longhaul: packages are missing and there is no sudo; run as root: apt-get install ${missing[*]}" >&2
    exit 69
  fi
  as_root=(sudo)
fi

echo "longhaul: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
