"""`llm`, a program for the terminal, which finds the server in its file of further models."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from conftest import KEY, is_weather

if importlib.util.find_spec("llm") is None:
    pytest.skip("llm is not installed", allow_module_level=True)

MODELS = """
- model_id: chat
  model_name: checked
  api_base: {url}/v1
  supports_schema: true
  supports_tools: true
- model_id: text
  model_name: checked
  api_base: {url}/v1
  completion: true
- model_id: responses
  model_name: checked
  api_base: {url}/v1
  responses: true
- model_id: unknown
  model_name: unknown
  api_base: {url}/v1
- model_id: guarded
  model_name: checked
  api_base: {guarded}/v1
  api_key_name: longhaul
"""


@pytest.fixture(scope="module")
def run(server, guarded, tmp_path_factory):
    """What the program prints; an error where it fails."""
    folder = tmp_path_factory.mktemp("llm")
    (folder / "extra-openai-models.yaml").write_text(MODELS.format(url=server.url, guarded=guarded.url))
    environment = {**os.environ, "LLM_USER_PATH": str(folder), "NO_COLOR": "1"}

    def run(*arguments, expecting=0, given=None):
        result = subprocess.run(
            [sys.executable, "-m", "llm", *arguments], env=environment, capture_output=True, text=True, timeout=120,
            input=given, stdin=None if given else subprocess.DEVNULL)
        assert result.returncode == expecting, result.stderr
        return (result.stdout if expecting == 0 else result.stderr).strip()

    return run


def ask(run, *arguments, model="chat", **more):
    return run("-m", model, "-o", "max_tokens", "8", "Once upon a time", *arguments, **more)


def test_a_streamed_answer_is_printed(run):
    assert ask(run)


def test_a_whole_answer_is_the_streamed_one(run):
    options = ["-o", "temperature", "0"]
    assert ask(run, *options, "--no-stream") == ask(run, *options)


def test_a_seed_repeats_an_answer(run):
    options = ["-o", "temperature", "0.9", "-o", "seed", "11"]
    assert ask(run, *options) == ask(run, *options)


def test_a_text_is_continued(run):
    assert ask(run, model="text")


def test_the_responses_form_answers(run):
    assert run("-m", "responses", "-o", "max_tokens", "16", "Once upon a time")


def test_a_system_prompt_and_piped_text_are_taken(run):
    assert run("-m", "chat", "-s", "Continue.", "-o", "max_tokens", "8", given="Once upon a time")


def test_a_conversation_goes_on(run):
    ask(run)
    assert run("-c", "-o", "max_tokens", "8", "Go on.")


def test_a_schema_is_kept(run):
    assert set(json.loads(run("-m", "chat", "-o", "max_tokens", "200", "--schema", "on bool, off bool", "Invent"))) == {
        "on", "off"}


def test_a_whole_schema_is_kept(run):
    schema = {
        "type": "object", "required": ["city", "days"], "additionalProperties": False,
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}}}
    assert is_weather(run("-m", "chat", "-o", "max_tokens", "100", "--schema", json.dumps(schema), "Invent"))


def test_a_request_with_tools_is_answered(run):
    functions = 'def weather(city: str) -> str:\n    """The weather."""\n    return "rain"\n'
    run("-m", "chat", "-o", "max_tokens", "8", "--functions", functions, "Say hello.")


def test_usage_is_shown(run):
    ask(run)
    shown = run("logs", "-n", "1", "-u")
    assert "input" in shown and "output" in shown


def test_an_unknown_model_is_named(run):
    assert "unknown" in ask(run, model="unknown", expecting=1)


def test_a_bad_value_is_named(run):
    assert "logit_bias" in ask(run, "-o", "logit_bias", '{"99999999": 1}', expecting=1)


def test_a_key_opens_the_server(run):
    run("keys", "set", "longhaul", "--value", KEY)
    assert ask(run, model="guarded")


def test_a_wrong_key_is_refused(run):
    assert ask(run, "--key", "wrong", model="guarded", expecting=1)
