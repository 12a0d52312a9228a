"""Requests made up from the server's own description, /openapi.json, as schemathesis makes them."""

import json
import re
import subprocess
import sys

import pytest
from conftest import Server

CASES = 5000
PROBE = {"prompt": "Once upon a time", "max_tokens": 16, "temperature": 0.8, "seed": 7}
TEXT = {"type": "string", "minLength": 1, "maxLength": 40}
MESSAGE = {
    "type": "object",
    "properties": {"role": {"enum": ["user", "assistant"]}, "content": TEXT},
    "required": ["role", "content"],
}
SHAPES = {
    "messages": {"type": "array", "items": MESSAGE, "minItems": 1, "maxItems": 4},
    "documents": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 4},
    "tokens": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 200}, "maxItems": 20},
    **{name: TEXT for name in ("prompt", "input", "content", "query", "text_1", "text_2", "system", "suffix")},
    **{name: {"type": "integer", "minimum": 0, "maximum": 8} for name in ("max_tokens", "n_predict", "num_predict")},
    "max_completion_tokens": {"type": "integer", "minimum": 1, "maximum": 8},
    "model": {"const": ""},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A server with metrics, since /metrics is a 501 without, and with short answers: what they say does not matter."""
    defaults = tmp_path_factory.mktemp("schema") / "defaults.json"
    defaults.write_text(json.dumps({"max_tokens": 8}))
    one = Server("--metrics", "--context", "512", "--alias", "*", "--model-defaults", str(defaults))
    yield one
    one.stop()


def answer(target):
    httpx = pytest.importorskip("httpx")
    return httpx.post(target.url + "/v1/completions", json=PROBE, timeout=120).json()["choices"]


def check(target, schema, folder, *options):
    """How many requests were sent; none was answered by 5xx, and an answer is what it was."""
    pytest.importorskip("schemathesis")
    before = answer(target)
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(schema), "--url", target.url, "--no-color"]
    command += ["--checks", "not_a_server_error", "--seed", "1", "--workers", "2", "--no-shrink"]
    command += ["--request-timeout", "120", *options]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert answer(target) == before
    return int(re.search(r"(\d+) generated", run.stdout)[1])


def test_no_value_of_a_field_breaks_the_server(target, tmp_path):
    schema = target.url + "/openapi.json"
    assert check(target, schema, tmp_path, "--phases", "coverage,fuzzing", "--max-examples", "75") >= CASES


def narrowed(schema):
    """The description with values that are mostly taken, so that requests reach the model."""
    for path in schema["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                properties = content["schema"]["properties"]
                for name, field in properties.items():
                    properties[name] = SHAPES.get(name) or shape(field["description"])
    return schema


def shape(description):
    default = re.search(r"\(default: ([^)]*)\)$", description)
    if default and default[1] in ("true", "false"):
        return {"type": "boolean"}
    if default and re.fullmatch(r"-?[0-9.]+", default[1]):
        return {"enum": [float(default[1]) if "." in default[1] else int(default[1])]}
    return {"type": "null"}


def test_no_likely_request_breaks_the_server(target, tmp_path):
    httpx = pytest.importorskip("httpx")
    schema = tmp_path / "openapi.json"
    schema.write_text(json.dumps(narrowed(httpx.get(target.url + "/openapi.json").json())))
    options = ["--phases", "fuzzing", "--max-examples", "40", "--mode", "positive", "--include-method", "POST"]
    assert check(target, schema, tmp_path, *options) >= 500
