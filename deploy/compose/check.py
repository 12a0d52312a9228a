"""Checks the compose file as the compose specification reads it, with its variables unset and set.

usage: check.py      needs the PyPI packages compose-spec and PyYAML
"""

import json
import os
import pathlib
import re
import sys

try:
    import yaml
    from compose_spec import PyCompose
except ImportError as error:
    print(f"deploy/compose/check.py: skipped: {error}")
    sys.exit(0)

HERE = pathlib.Path(__file__).resolve().parent


def interpolated(text, variables):
    """Compose's ${NAME:-default} and ${NAME:+replacement}."""

    def value(match):
        name, operator, word = match.groups()
        word = word.replace("$MODEL", variables.get("MODEL", ""))
        is_set = bool(variables.get(name))
        return (variables[name] if is_set else word) if operator == ":-" else (word if is_set else "")

    return re.sub(r"\$\{(\w+)(:[-+])([^}]*)\}", value, text)


def main():
    text = (HERE / "compose.yaml").read_text()
    for variables in ({}, {"MODEL": "model.gguf", "MODELS": "/srv/models"}):
        plain = yaml.safe_load(interpolated(text, variables))
        PyCompose.from_json(json.dumps(plain)).validate()
        for name, service in plain["services"].items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                # Keys and models are the operator's.
                is_file = source.startswith(("./", "../")) and not source.startswith(("./keys", "./models"))
                if is_file and not os.path.exists(HERE / source):
                    sys.exit(f"{name}: {source} is not there")
    print(f"compose.yaml: {len(plain['services'])} services, valid")


main()
