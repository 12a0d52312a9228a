"""The server over plain HTTP, and what clients of other servers ask of it."""

import json

import pytest
from conftest import HELLO

pytest.importorskip("httpx")


def test_health_is_told(http):
    assert http.get("/health").json() == {"status": "ok"}


def test_a_wrong_method_is_405_with_the_right_ones(http):
    reply = http.get("/v1/chat/completions")
    assert reply.status_code == 405 and reply.headers["allow"] == "POST"


def test_a_coded_body_is_415(http):
    reply = http.post("/v1/completions", content=b"x", headers={"Content-Encoding": "gzip"})
    assert reply.status_code == 415


def test_no_path_is_404_with_json(http):
    reply = http.get("/nowhere")
    assert reply.status_code == 404 and reply.json()["error"]["code"] == "not_found"


def test_no_json_is_400(http):
    assert http.post("/v1/completions", content=b"{").json()["error"]["code"] == "invalid_json"


def test_a_stream_is_of_events(http):
    with http.stream(
        "POST", "/v1/chat/completions", json={"messages": HELLO, "max_tokens": 4, "stream": True}) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        text = reply.read().decode()
    assert text.endswith("data: [DONE]\n\n") and all(
        line.startswith((":", "data: ")) for line in text.split("\n") if line)


def test_origins_are_answered(http):
    reply = http.options("/v1/chat/completions", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"})
    assert reply.headers["access-control-allow-origin"] in ("*", "http://a")


def test_tokens_come_back_as_text(http):
    tokens = http.post("/tokenize", json={"prompt": "Hello, world"}).json()["tokens"]
    assert http.post("/detokenize", json={"tokens": tokens}).json()["prompt"] == "Hello, world"


def test_tokens_in_llama_server_s_form(http):
    pieces = http.post("/tokenize", json={"content": "Hello, world", "with_pieces": True}).json()["tokens"]
    assert "".join(piece["piece"] for piece in pieces).strip() == "Hello, world"


def test_tokens_of_a_chat(http):
    count = http.post("/tokenize", json={"messages": HELLO}).json()["count"]
    answer = http.post("/v1/chat/completions", json={"messages": HELLO, "max_tokens": 1}).json()
    assert count == answer["usage"]["prompt_tokens"]


def test_a_template_is_applied(http):
    assert "Say hello." in http.post("/apply-template", json={"messages": HELLO}).json()["prompt"]


def test_a_native_completion(http):
    reply = http.post("/completion", json={"prompt": "Once", "n_predict": 4}).json()
    assert reply["stop"] and reply["tokens_predicted"] <= 4


def test_a_native_stream(http):
    with http.stream("POST", "/completion", json={"prompt": "Once", "n_predict": 4, "stream": True}) as reply:
        events = [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith("data: ")]
    assert events[-1]["stop"] and not any(event["stop"] for event in events[:-1])


def test_properties_are_told(http):
    assert http.get("/props").json()["default_generation_settings"]["n_ctx"] > 0


def test_the_version_is_told(http):
    assert http.get("/version").json()["version"]


def test_native_embeddings(http):
    assert len(http.post("/embedding", json={"content": "hello"}).json()[0]["embedding"][0]) > 1


def test_a_large_body_is_413(http):
    assert http.post("/v1/completions", content=b" " * (33 << 20)).status_code == 413
