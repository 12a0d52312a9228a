"""lm-eval's own program against a server of a tiny model: what it asks is what was recorded with float64 references."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Server

if importlib.util.find_spec("lm_eval") is None:
    pytest.skip("lm-eval is not installed", allow_module_level=True)

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "Tests/EndToEndTests/LMEval"


@pytest.fixture(scope="module")
def tiny():
    one = Server("--kv-type", "f32", model=FOLDER / "tiny.gguf")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def results(tiny, tmp_path_factory):
    """Of its command line, tasks by name."""
    folder = tmp_path_factory.mktemp("results")
    arguments = f"model=tiny,base_url={tiny.url}/v1/completions,tokenizer_backend=remote,max_length=400"
    subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args", arguments, "--tasks",
         "longhaul_choice,longhaul_rolling,longhaul_generate", "--include_path", str(FOLDER / "tasks"), "--batch_size",
         "2", "--output_path", str(folder)],
        cwd=PROJECT, env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache")}, check=True,
        timeout=300)
    return json.loads(next(folder.rglob("results_*.json")).read_text())["results"]


def test_endings_are_compared(results):
    assert 0 <= results["longhaul_choice"]["acc,none"] <= 1


def test_a_long_text_has_a_perplexity(results):
    assert results["longhaul_rolling"]["word_perplexity,none"] > 1


def test_a_text_is_generated(results):
    assert "exact_match,none" in results["longhaul_generate"]


def test_its_requests_are_those_with_references(tiny):
    """Which `record.py` compares with the float64 program as they come."""
    if importlib.util.find_spec("gguf") is None:
        pytest.skip("gguf is not installed")
    recorded = subprocess.run(
        [sys.executable, str(FOLDER / "record.py"), tiny.url], capture_output=True, text=True, timeout=300)
    assert recorded.returncode == 0, recorded.stderr[-2000:]
    assert recorded.stdout == (FOLDER / "requests.jsonl").read_text()
