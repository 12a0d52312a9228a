"""LangChain's client of OpenAI's API."""

import asyncio

import pytest
from conftest import WEATHER

langchain = pytest.importorskip("langchain_openai")


@pytest.fixture(scope="module")
def make(server):
    def make(**more):
        return langchain.ChatOpenAI(
            **{"base_url": server.url + "/v1", "api_key": "none", "model": "checked", "max_tokens": 16, **more})

    return make


def test_a_chat_answers(make):
    assert isinstance(make().invoke("Hello").content, str)


def test_usage_is_told(make):
    assert make().invoke("Hello").usage_metadata["total_tokens"] > 0


def test_a_stream_joins(make):
    pieces = list(make(temperature=0).stream("Hello"))
    assert "".join(piece.content for piece in pieces) == make(temperature=0).invoke("Hello").content


def test_a_stream_has_usage(make):
    total = None
    for piece in make(stream_usage=True).stream("Hello"):
        total = piece if total is None else total + piece
    assert total.usage_metadata["output_tokens"] > 0


def test_a_batch_answers(make):
    assert len(make().batch(["One", "Two", "Three"])) == 3


def test_an_async_call_answers(make):
    assert asyncio.run(make().ainvoke("Hello")).content is not None


def test_stop_is_obeyed(make):
    text = make(temperature=0, max_tokens=24).invoke("Hello").content
    stop = text.strip()[2:4] or "x"
    assert stop not in make(temperature=0, max_tokens=24).invoke("Hello", stop=[stop]).content


def test_logprobs_are_told(make):
    answer = make(logprobs=True, top_logprobs=2).invoke("Hello")
    assert answer.response_metadata["logprobs"]["content"]


def test_a_bound_tool_is_called(make):
    model = make(max_tokens=120).bind_tools(
        [{"name": "weather", "description": "x", "parameters": WEATHER}], tool_choice="weather")
    call = model.invoke("Hello").tool_calls[0]
    assert call["name"] == "weather" and call["args"]["city"] in ("Paris", "Rome")


def test_any_bound_tool_is_called(make):
    model = make(max_tokens=120).bind_tools(
        [{"name": "weather", "description": "x", "parameters": WEATHER}], tool_choice="any", parallel_tool_calls=False)
    assert model.invoke("Hello").tool_calls[0]["id"]


def test_a_streamed_call_joins(make):
    model = make(max_tokens=120).bind_tools(
        [{"name": "weather", "description": "x", "parameters": WEATHER}], tool_choice="weather")
    total = None
    for piece in model.stream("Hello"):
        total = piece if total is None else total + piece
    assert total.tool_calls[0]["name"] == "weather" and total.tool_calls[0]["args"]["days"] >= 1


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output_is_an_object(make, method):
    from typing import Literal

    from pydantic import BaseModel

    class Answer(BaseModel):
        """An answer."""

        color: Literal["red", "green"]

    answer = make(max_tokens=120).with_structured_output(Answer, method=method).invoke("A color?")
    assert isinstance(answer, Answer)


def test_the_responses_api_answers(make):
    assert make(use_responses_api=True).invoke("Hello").content is not None


def test_texts_are_embedded(server):
    model = langchain.OpenAIEmbeddings(
        base_url=server.url + "/v1", api_key="none", model="checked", check_embedding_ctx_length=False)
    vectors = model.embed_documents(["one", "two"])
    assert len(vectors) == 2 and len(model.embed_query("one")) == len(vectors[0])


def test_an_overflow_is_seen(make, context):
    with pytest.raises(Exception) as caught:
        make().invoke("word " * (context + 100))
    assert "context_length_exceeded" in str(caught.value)
