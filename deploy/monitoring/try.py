"""Starts a cluster and a Prometheus that scrapes it, and asks every query of the board and every alert.

usage: try.py PROGRAM   (longhaul, with its resources beside it)

Every query of the board has to return data while requests run, no alert may fire, and when all workers are
killed, the alert that says so has to be pending. Needs the program `prometheus`.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SCRAPE_SECONDS = 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, body=None, timeout=60):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


def wait_until(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within {seconds} s")


def board_queries():
    """Each panel's title with its query, variables replaced as Grafana does."""
    board = json.loads((HERE / "board.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$instance", ".+").replace("$__rate_interval", "20s")
            yield panel["title"], query


class Trial:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.processes = []
        self.http, self.prometheus = free_port(), free_port()

    def start(self, name, *command):
        log = open(self.folder / f"{name}.log", "w")
        process = subprocess.Popen(command, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=45)
            except subprocess.TimeoutExpired:
                process.kill()

    def ask(self, query):
        url = f"http://127.0.0.1:{self.prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        return json.loads(fetch(url))["data"]["result"]

    def cluster(self):
        control = f"ipc://{self.folder}/control"
        self.start("serve", self.program, "serve", "--listen", control, "--http", f"127.0.0.1:{self.http}",
                   "--workers", "2", "--context", "512", "--metrics")
        self.workers = [
            self.start(name, self.program, "worker", "--coordinator", control, "--name", name,
                       "--data", f"ipc://{self.folder}/{name}", "--share", "none", "--threads", "1")
            for name in ("n1", "n2")
        ]

    def scrape(self):
        configuration = (HERE / "prometheus.yml").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{self.http}")
        configuration = re.sub(r"_interval: 15s", f"_interval: {SCRAPE_SECONDS}s", configuration)
        (self.folder / "prometheus.yml").write_text(configuration)
        shutil.copy(HERE / "alerts.yml", self.folder)
        self.start("prometheus", "prometheus", f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.prometheus}")

    def load(self, done):
        while not done.is_set():
            try:
                fetch(f"http://127.0.0.1:{self.http}/v1/completions",
                      {"prompt": "Once upon a time", "max_tokens": 24, "ignore_eos": True, "temperature": 0})
            except OSError:
                time.sleep(0.2)

    def run(self):
        self.cluster()
        self.scrape()
        base = f"http://127.0.0.1:{self.http}"
        wait_until("the cluster is ready", 120, lambda: fetch(f"{base}/health"))
        done = threading.Event()
        clients = [threading.Thread(target=self.load, args=(done,)) for _ in range(2)]
        for client in clients:
            client.start()
        try:
            wait_until("Prometheus scrapes", 60, lambda: self.ask('up{job="longhaul"} == 1'))
            queries = list(board_queries())
            wait_until("every query of the board has data", 60, lambda: not self.silent(queries))
            print(f"board: {len(queries)} queries return data")
            if self.ask("ALERTS"):
                raise SystemExit(f"alerts on a sound cluster: {self.ask('ALERTS')}")
            print("alerts: none on a sound cluster")
            for worker in self.workers:
                worker.kill()
            wait_until("an alert sees the loss", 60, lambda: self.ask('ALERTS{alertname="LonghaulNotReady"}'))
            print("alerts: the loss of all workers is seen")
        finally:
            done.set()
            for client in clients:
                client.join()

    def silent(self, queries):
        self.missing = [(title, query) for title, query in queries if not self.ask(query)]
        return self.missing


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if shutil.which("prometheus") is None:
        print("deploy/monitoring/try.py: skipped: this machine has no prometheus")
        return
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(os.path.abspath(sys.argv[1]), pathlib.Path(folder))
        try:
            trial.run()
        except SystemExit:
            for title, query in getattr(trial, "missing", []):
                print(f"no data: {title}: {query}", file=sys.stderr)
            raise
        finally:
            trial.stop()


if __name__ == "__main__":
    main()
