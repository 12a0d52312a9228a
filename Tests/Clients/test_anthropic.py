"""Messages by Anthropic's SDK."""

import pytest
from conftest import HELLO, KEY, WEATHER

anthropic = pytest.importorskip("anthropic")
TOOL = {"name": "weather", "description": "The weather.", "input_schema": WEATHER}


@pytest.fixture(scope="module")
def client(server):
    return anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0, timeout=120)


# Newer clients have no temperature.
GREEDY = {"temperature": 0}


def create(client, **more):
    return client.messages.create(**{"model": "checked", "max_tokens": 8, "messages": HELLO, **more})


def test_a_message_answers(client):
    message = create(client)
    assert message.type == "message" and message.role == "assistant" and message.content[0].type == "text"


def test_its_id_has_its_prefix(client):
    assert create(client).id.startswith("msg_")


def test_usage_is_told(client):
    usage = create(client).usage
    assert usage.input_tokens > 0 and usage.output_tokens >= 0


def test_a_limit_is_why_it_ends(client):
    assert create(client, max_tokens=1).stop_reason in ("max_tokens", "end_turn")


def test_a_system_text_is_read(client):
    # A template may have a system message of its own.
    assert create(client, system="Be brief.").usage.input_tokens != create(client).usage.input_tokens


def test_system_blocks_are_read(client):
    assert create(client, system=[{"type": "text", "text": "Be brief."}]).content


def test_stop_sequences_end_it(client):
    text = create(client, max_tokens=24, extra_body=GREEDY).content[0].text
    stop = text.strip()[2:4] or "x"
    message = create(client, max_tokens=24, extra_body=GREEDY, stop_sequences=[stop])
    assert message.stop_reason == "stop_sequence" and message.stop_sequence == stop


def test_blocks_are_read(client):
    assert create(client, messages=[{"role": "user", "content": [{"type": "text", "text": "Hello."}]}]).content


def test_tokens_are_counted(client):
    count = client.messages.count_tokens(model="", messages=HELLO).input_tokens
    assert count == create(client).usage.input_tokens


def test_any_tool_is_called(client):
    message = create(client, max_tokens=120, tools=[TOOL], tool_choice={"type": "any", "disable_parallel_tool_use": True})
    assert message.stop_reason == "tool_use" and message.content[-1].type == "tool_use"


def test_a_named_tool_is_called_with_valid_input(client):
    message = create(client, max_tokens=120, tools=[TOOL], tool_choice={"type": "tool", "name": "weather"})
    call = message.content[-1]
    assert call.name == "weather" and call.input["city"] in ("Paris", "Rome") and 1 <= call.input["days"] <= 9


def test_no_tool_is_called_where_none_may_be(client):
    assert create(client, tools=[TOOL], tool_choice={"type": "none"}).stop_reason != "tool_use"


def test_results_of_tools_are_read(client):
    call = create(client, max_tokens=120, tools=[TOOL], tool_choice={"type": "tool", "name": "weather"}).content[-1]
    messages = [
        *HELLO,
        {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": "weather", "input": call.input}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "Sunny."}]},
    ]
    assert create(client, messages=messages, tools=[TOOL]).content is not None


def test_an_unknown_tool_is_refused(client):
    with pytest.raises(anthropic.BadRequestError, match="tool_choice"):
        create(client, tools=[TOOL], tool_choice={"type": "tool", "name": "unknown"})


def test_a_stream_has_its_events(client):
    types = [event.type for event in create(client, stream=True)]
    assert types[0] == "message_start" and types[-1] == "message_stop"
    assert "content_block_start" in types and "content_block_stop" in types and "message_delta" in types


def test_a_streamed_text_joins(client):
    with client.messages.stream(model="", max_tokens=16, messages=HELLO, extra_body=GREEDY) as stream:
        text = "".join(stream.text_stream)
        assert stream.get_final_message().content[0].text == text


def test_a_streamed_call_joins(client):
    with client.messages.stream(
        model="", max_tokens=120, messages=HELLO, tools=[TOOL], tool_choice={"type": "tool", "name": "weather"},
    ) as stream:
        call = stream.get_final_message().content[-1]
    assert call.type == "tool_use" and call.input["city"] in ("Paris", "Rome")


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(anthropic.NotFoundError):
        create(client, model="unknown")


def test_a_bad_value_is_refused(client):
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        create(client, extra_body={"temperature": -1})


def test_a_key_is_checked(guarded):
    with pytest.raises(anthropic.AuthenticationError):
        create(anthropic.Anthropic(base_url=guarded.url, api_key="wrong", max_retries=0), model="")
    assert create(anthropic.Anthropic(base_url=guarded.url, api_key=KEY), model="").content is not None
