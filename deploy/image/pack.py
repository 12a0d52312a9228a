"""Packs a folder as an OCI image of one layer, in one file.

usage: pack.py ROOT VERSION ARCHITECTURE FILE.tar

The bytes depend on the folder's files, the version and SOURCE_DATE_EPOCH only. The file is an OCI layout (image-spec 1.1)
that also has `manifest.json`, by which older Docker releases find the layer.
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile

EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])


def entry(info):
    """As root's, and of the release's time."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = EPOCH
    return info


def layer(root):
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=entry)
    return tar.getvalue()


def configuration(version, architecture, layer_digest):
    created = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    seconds = 10**9
    return {
        "created": created, "architecture": architecture, "os": "linux",
        "config": {
            "User": "65532:65532",
            "Entrypoint": ["/usr/bin/longhaul"],
            "Cmd": ["--help"],
            "WorkingDir": "/var/lib/longhaul",
            "Env": ["PATH=/usr/bin", "HOME=/var/lib/longhaul", "XDG_CACHE_HOME=/var/cache"],
            "ExposedPorts": {"7070/tcp": {}, "7071/tcp": {}, "8080/tcp": {}},
            "Volumes": {"/var/cache/longhaul": {}},
            "StopSignal": "SIGTERM",
            # Docker's; a worker's probe has its own address. A coordinator without workers is alive.
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/longhaul", "probe", "http://127.0.0.1:8080/live"],
                "Interval": 15 * seconds, "Timeout": 5 * seconds, "StartPeriod": 30 * seconds, "Retries": 3,
            },
            "Labels": {
                "org.opencontainers.image.title": "longhaul",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "MIT",
                "org.opencontainers.image.created": created,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
        "history": [{"created": created, "created_by": "deploy/image.sh"}],
    }


def main():
    root, version, architecture, target = pathlib.Path(sys.argv[1]), *sys.argv[2:5]
    blobs = {}

    def blob(data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def text(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    plain = layer(root)
    packed = blob(gzip.compress(plain, 6, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")
    digest = f"sha256:{hashlib.sha256(plain).hexdigest()}"
    config = blob(text(configuration(version, architecture, digest)), "application/vnd.oci.image.config.v1+json")
    manifest_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = blob(text({"schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": [packed]}), manifest_type)
    name = f"longhaul:{version}"
    manifest["annotations"] = {"org.opencontainers.image.ref.name": version, "io.containerd.image.name": name}
    blobs["oci-layout"] = text({"imageLayoutVersion": "1.0.0"})
    blobs["index.json"] = text({"schemaVersion": 2, "manifests": [manifest]})
    path = "blobs/sha256/" + "{}"
    blobs["manifest.json"] = text([{
        "Config": path.format(config["digest"].split(":")[1]), "RepoTags": [name],
        "Layers": [path.format(packed["digest"].split(":")[1])],
    }])
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for path, data in sorted(blobs.items()):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(entry(info), io.BytesIO(data))


main()
