"""Ollama's client."""

import json

import pytest
from conftest import HELLO, WEATHER, is_weather, tool

ollama = pytest.importorskip("ollama")
FEW = {"num_predict": 8}


@pytest.fixture(scope="module")
def client(server):
    return ollama.Client(host=server.url, timeout=120)


def test_a_chat_answers(client):
    reply = client.chat(model="checked", messages=HELLO, options=FEW)
    assert reply.message.role == "assistant" and reply.done


def test_counts_are_told(client):
    reply = client.chat(model="checked", messages=HELLO, options=FEW)
    assert reply.prompt_eval_count > 0 and reply.eval_count <= 8


def test_a_streamed_chat_ends(client):
    pieces = list(client.chat(model="checked", messages=HELLO, options=FEW, stream=True))
    assert pieces[-1].done and not any(piece.done for piece in pieces[:-1])


def test_a_stream_equals_the_whole(client):
    options = {"num_predict": 16, "temperature": 0}
    whole = client.chat(model="checked", messages=HELLO, options=options).message.content
    pieces = client.chat(model="checked", messages=HELLO, options=options, stream=True)
    assert "".join(piece.message.content for piece in pieces) == whole


def test_a_prompt_is_answered(client):
    assert isinstance(client.generate(model="checked", prompt="Say hello.", options=FEW).response, str)


def test_a_raw_prompt_is_continued(client):
    raw = client.generate(model="checked", prompt="Once", raw=True, options=FEW)
    assert raw.prompt_eval_count <= client.generate(model="checked", prompt="Once", options=FEW).prompt_eval_count


def test_a_system_text_is_read(client):
    assert client.generate(model="checked", prompt="Hello.", system="Be brief.", options=FEW).response is not None


def test_a_schema_is_obeyed(client):
    assert is_weather(client.chat(model="checked", messages=HELLO, format=WEATHER, options={"num_predict": 120}).message.content)


def test_json_is_an_object(client):
    reply = client.generate(model="checked", prompt="x", format="json", options={"num_predict": 200, "temperature": 0})
    assert reply.response.startswith("{") and (reply.done_reason == "length" or json.loads(reply.response) is not None)


def test_tools_are_accepted(client):
    assert client.chat(model="checked", messages=HELLO, tools=[tool()], options=FEW).done


def test_models_are_listed(client):
    assert client.list().models[0].model == "checked"


def test_running_models_are_listed(client):
    assert client.ps().models


def test_a_model_is_shown(client):
    assert "completion" in client.show("checked").capabilities


def test_texts_are_embedded(client):
    reply = client.embed(model="checked", input=["one", "two"])
    assert len(reply.embeddings) == 2 and abs(sum(x * x for x in reply.embeddings[0]) - 1) < 1e-4


def test_a_text_is_embedded_in_the_older_form(client):
    assert len(client.embeddings(model="checked", prompt="one").embedding) > 1


def test_an_unknown_model_is_an_error(client):
    with pytest.raises(ollama.ResponseError) as caught:
        client.chat(model="unknown", messages=HELLO)
    assert caught.value.status_code == 404


def test_a_bad_option_is_an_error(client):
    with pytest.raises(ollama.ResponseError, match="temperature"):
        client.chat(model="checked", messages=HELLO, options={"temperature": -1})
