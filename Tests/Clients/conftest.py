"""A server to check, and clients of it."""

import json
import os
import subprocess
import tempfile
import time

import pytest

HELLO = [{"role": "user", "content": "Say hello."}]
KEY = "sesame-of-the-checks"
WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "enum": ["Paris", "Rome"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["city", "days"],
    "additionalProperties": False,
}


class Server:
    """`longhaul serve` with one worker, on a free port."""

    def __init__(self, *arguments, model=None):
        self.folder = tempfile.TemporaryDirectory()
        program = os.environ["LONGHAUL_PROGRAM"]
        model = model or os.environ.get("LONGHAUL_CHECKED_MODEL") or None
        control = f"ipc://{self.folder.name}/control"
        environment = {key: value for key, value in os.environ.items() if key != "LONGHAUL_API_KEYS"}
        serve = [program, "serve", "--workers", "1", "--sequences", "8", "--listen", control, "--json", "--quiet"]
        serve += ["--http", "127.0.0.1:0", *arguments] + ([model] if model else [])
        worker = [program, "worker", "--coordinator", control, "--data", f"ipc://{self.folder.name}/data", "--quiet"]
        self.errors = open(f"{self.folder.name}/errors", "w+")
        self.processes = [
            subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=self.errors, env=environment),
            subprocess.Popen(worker, stdout=subprocess.DEVNULL, stderr=self.errors, env=environment),
        ]
        self.facts = self.read_facts()
        self.url = f"http://127.0.0.1:{self.facts['http_port']}"

    def read_facts(self):
        text = ""
        deadline = time.time() + 120
        while time.time() < deadline:
            line = self.processes[0].stdout.readline().decode()
            if not line:
                break
            text += line
            try:
                return json.loads(text)
            except ValueError:
                continue
        self.stop()
        self.errors.seek(0)
        raise RuntimeError("the server did not start: " + self.errors.read()[-2000:])

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def server():
    one = Server("--alias", "checked", "--alias", "also-checked")
    yield one
    one.stop()


@pytest.fixture(scope="session")
def guarded():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/keys"
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(KEY + "\n")
        one = Server("--api-keys", path, "--alias", "checked")
        yield one
        one.stop()


@pytest.fixture(scope="session")
def openai(server):
    module = pytest.importorskip("openai")
    return module.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0, timeout=120)


@pytest.fixture(scope="session")
def http(server):
    httpx = pytest.importorskip("httpx")
    with httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="session")
def context(http):
    return http.get("/v1/models").json()["data"][0]["max_model_len"]


def tool(name="weather", parameters=WEATHER, **more):
    function = {"name": name, "description": "The weather of some days.", "parameters": parameters, **more}
    return {"type": "function", "function": function}


def is_weather(text):
    value = json.loads(text)
    assert set(value) == {"city", "days"}
    assert value["city"] in ("Paris", "Rome") and 1 <= value["days"] <= 9
    return True
