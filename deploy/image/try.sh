#!/usr/bin/env bash
# Runs what is in an image, as an engine would: as its user, with its environment, on a root that it cannot write.
# usage: deploy/image/try.sh IMAGE.tar      needs root and bubblewrap
set -euo pipefail
image=$(readlink -f "$1")
command -v bwrap >/dev/null || {
  echo "deploy/image/try.sh: skipped: this machine has no bwrap (Debian's package bubblewrap has it)"
  exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/image" "$work/root" "$work/cache"
tar -C "$work/image" -xf "$image"
read -r layer user <<<"$(
  python3 - "$work/image" <<'PY'
import hashlib, json, pathlib, sys
root = pathlib.Path(sys.argv[1])
def blob(descriptor):
    data = (root / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"] and "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"]
    return data
manifest = json.loads(blob(json.loads((root / "index.json").read_text())["manifests"][0]))
config = json.loads(blob(manifest["config"]))
blob(manifest["layers"][0])
assert config["config"]["Entrypoint"] == ["/usr/bin/longhaul"] and config["config"]["Healthcheck"]["Test"][0] == "CMD"
print("blobs/" + manifest["layers"][0]["digest"].replace(":", "/"), config["config"]["User"])
PY
)"
tar -C "$work/root" -xzf "$work/image/$layer"
chown "$user" "$work/cache"
chmod 755 "$work" "$work/root"

contained() {
  setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups bwrap --unshare-all --die-with-parent --ro-bind "$work/root" / --proc /proc \
    --dev /dev --tmpfs /tmp --bind "$work/cache" /var/cache/longhaul --clearenv --setenv PATH /usr/bin --setenv HOME /var/lib/longhaul \
    --setenv XDG_CACHE_HOME /var/cache --chdir /var/lib/longhaul "$@"
}
size=$(du -sm --apparent-size "$work/root" | cut -f1)
echo "unpacked: $size MB"
[ "$size" -le 120 ] || {
  echo "the image is larger than 120 MB" >&2
  exit 1
}
if [ -n "$(find "$work/root" -perm /6000)" ]; then
  echo "a file of the image gives privileges" >&2
  exit 1
fi
contained /usr/bin/longhaul --version
# A whole cluster of the demo model, in the container.
contained /usr/bin/longhaul run --workers 2 --prompt "Once upon a time" --max-tokens 8 --temperature 0
# The health check, where nothing listens.
rc=0
contained /usr/bin/longhaul probe http://127.0.0.1:8080/live || rc=$?
[ "$rc" = 69 ] || {
  echo "the health check answered $rc where nothing listens" >&2
  exit 1
}
echo "the image works"
