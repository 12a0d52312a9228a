"""LiteLLM, which speaks to the server as one of several kinds."""

import pytest
from conftest import HELLO, is_weather, tool

litellm = pytest.importorskip("litellm")
NAMED = {"type": "function", "function": {"name": "weather"}}


@pytest.fixture(scope="module", params=["openai/checked", "hosted_vllm/checked"])
def complete(server, request):
    def complete(**more):
        return litellm.completion(
            **{
                "model": request.param, "api_base": server.url + "/v1", "api_key": "none", "messages": HELLO,
                "max_tokens": 8, "num_retries": 0, **more,
            })

    return complete


def test_a_chat_answers(complete):
    assert complete().choices[0].message.content is not None


def test_a_stream_answers(complete):
    assert len(list(complete(stream=True))) > 1


def test_several_answers(complete):
    assert len(complete(n=2).choices) == 2


def test_a_tool_is_called(complete):
    answer = complete(tools=[tool()], tool_choice=NAMED, max_tokens=120)
    assert is_weather(answer.choices[0].message.tool_calls[0].function.arguments)


def test_an_object_is_asked_for(complete):
    answer = complete(response_format={"type": "json_object"}, max_tokens=100, temperature=0)
    assert answer.choices[0].message.content.startswith("{")


def test_an_overflow_has_its_own_error(complete, context):
    with pytest.raises(litellm.ContextWindowExceededError):
        complete(messages=[{"role": "user", "content": "word " * (context + 100)}])


def test_a_bad_value_has_its_own_error(complete):
    with pytest.raises(litellm.BadRequestError):
        complete(temperature=-1)


def test_a_text_is_embedded(server):
    reply = litellm.embedding(
        model="openai/checked", api_base=server.url + "/v1", api_key="none", input=["hello"])
    assert len(reply.data[0]["embedding"]) > 1


def test_ollama_s_chat_answers(server):
    reply = litellm.completion(
        model="ollama_chat/checked", api_base=server.url, messages=HELLO, max_tokens=8)
    assert reply.choices[0].message.content is not None


def test_anthropic_s_messages_answer(server):
    reply = litellm.completion(
        model="anthropic/checked", api_base=server.url, api_key="none", messages=HELLO, max_tokens=8)
    assert reply.choices[0].message.content is not None
