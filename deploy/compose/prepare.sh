#!/usr/bin/env bash
# Makes the keys of the compose file's cluster, in keys/ beside it: of the coordinator, three workers, and the API.
# usage: deploy/compose/prepare.sh      LONGHAUL names the program; without it, it is run in the image
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
umask 077
mkdir -p keys
LONGHAUL=${LONGHAUL:-docker run --rm --interactive --user $(id -u):$(id -g) --volume $PWD/keys:/keys --workdir /keys ${IMAGE:-longhaul:0.2.0}} \
  ../keys.sh keys tcp://172.30.71.10:7070 worker-1 worker-2 worker-3
# Compose does not know the shell's own.
printf 'UID=%s\nGID=%s\n' "$(id -u)" "$(id -g)" >.env
[ -s keys/api-keys ] || head -c 24 /dev/urandom | base64 >keys/api-keys
echo "keys are in $PWD/keys; the API's: $(cat keys/api-keys)"
