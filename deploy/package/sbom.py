"""Prints the parts list (SPDX 2.3, JSON) of an installation.

usage: sbom.py PREFIX VERSION PACKAGE.RESOLVED

Parts are the Swift packages that the program was linked with, the libraries beside it with the Debian package that each
came from, Swift's own runtime, and the demo model. The text depends on them and on SOURCE_DATE_EPOCH only.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

PREFIX, VERSION, RESOLVED = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
HOME = PREFIX / "lib/longhaul"
NONE = "NOASSERTION"


def part(name, version, source=NONE, license=NONE, **more):
    identifier = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)
    return {"SPDXID": identifier, "name": name, "versionInfo": version, "downloadLocation": source,
            "licenseConcluded": NONE, "licenseDeclared": license, "copyrightText": NONE, "filesAnalyzed": False, **more}


def checksum(path):
    return {"algorithm": "SHA256", "checksumValue": hashlib.sha256(path.read_bytes()).hexdigest()}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def swift_packages():
    if not RESOLVED.is_file():
        sys.exit(f"{RESOLVED}: not there; build the program in its own tree, which writes it")
    for pin in json.loads(RESOLVED.read_text())["pins"]:
        state = pin["state"]
        yield part(pin["identity"], state.get("version", state["revision"]), f"git+{pin['location']}@{state['revision']}")


def swift_runtime():
    version = re.search(r"Swift version (\S+)", output("swift", "--version"))
    return part("swift-runtime", version.group(1) if version else NONE, license="Apache-2.0 WITH Swift-exception")


def libraries():
    for path in sorted(HOME.glob("*.so*")):
        found = output("sh", "-c", f"dpkg-query -S '*/{path.name}' | head -n 1 | cut -d: -f1")
        if found:
            version = output("dpkg-query", "-W", "-f", "${Version}", found)
            yield part(path.name, version, comment=f"Debian package {found}, stripped", checksums=[checksum(path)])
        else:
            yield part(path.name, swift_runtime()["versionInfo"], license="Apache-2.0 WITH Swift-exception",
                       comment="Swift's runtime, stripped", checksums=[checksum(path)])


def main():
    program = HOME / "longhaul"
    whole = part("longhaul", VERSION, license="MIT", checksums=[checksum(program)])
    model = HOME / "longhaul_longhaul.resources/longhaul-demo.gguf"
    parts = [*swift_packages(), swift_runtime(), *libraries(),
             part("longhaul-demo-model", VERSION, license="MIT", checksums=[checksum(model)])]
    made = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": whole["SPDXID"]}]
    relations += [{"spdxElementId": whole["SPDXID"], "relationshipType": "CONTAINS", "relatedSpdxElement": each["SPDXID"]}
                  for each in parts]
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"longhaul-{VERSION}",
        "documentNamespace": f"urn:longhaul:{VERSION}:{checksum(program)['checksumValue']}",
        "creationInfo": {"created": made.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: longhaul-package"]},
        "packages": [whole, *parts], "relationships": relations,
    }, sys.stdout, indent=1, sort_keys=True)
    print()


main()
