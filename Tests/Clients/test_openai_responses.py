"""The responses API by openai-python."""

import time

import pytest
from conftest import WEATHER, is_weather

pytest.importorskip("openai")
TOOL = {"type": "function", "name": "weather", "parameters": WEATHER}
NAMED = {"type": "function", "name": "weather"}


def respond(openai, **more):
    return openai.responses.create(**{"model": "", "input": "Say hello.", "max_output_tokens": 8, **more})


def test_a_response_has_text(openai):
    response = respond(openai)
    assert response.object == "response" and isinstance(response.output_text, str)


def test_its_id_has_its_prefix(openai):
    assert respond(openai).id.startswith("resp_")


def test_its_message_is_an_item(openai):
    assert respond(openai).output[-1].type == "message"


def test_usage_adds_up(openai):
    usage = respond(openai).usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


def test_a_limit_makes_it_incomplete(openai):
    response = respond(openai, max_output_tokens=2, extra_body={"min_tokens": 2})
    assert response.status == "incomplete" and response.incomplete_details.reason == "max_output_tokens"


def test_instructions_are_read(openai):
    plain, guided = respond(openai), respond(openai, instructions="Be brief.")
    # A template may have a system message of its own.
    assert guided.usage.input_tokens != plain.usage.input_tokens and guided.instructions == "Be brief."


def test_metadata_is_repeated(openai):
    assert respond(openai, metadata={"a": "b"}).metadata == {"a": "b"}


def test_items_are_read(openai):
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]},
        {"role": "user", "content": "Again."},
    ]
    assert respond(openai, input=items).output


def test_a_response_is_kept(openai):
    response = respond(openai)
    assert openai.responses.retrieve(response.id).output_text == response.output_text


def test_a_response_is_continued(openai):
    first = respond(openai)
    second = respond(openai, previous_response_id=first.id, input="More.")
    assert second.usage.input_tokens > first.usage.input_tokens and second.previous_response_id == first.id


def test_its_input_is_listed(openai):
    response = respond(openai)
    assert openai.responses.input_items.list(response.id).data[0].role == "user"


def test_a_response_is_deleted(openai):
    import openai as module

    response = respond(openai)
    openai.responses.delete(response.id)
    with pytest.raises(module.NotFoundError):
        openai.responses.retrieve(response.id)


def test_a_response_is_not_kept_on_request(openai):
    import openai as module

    response = respond(openai, store=False)
    with pytest.raises(module.NotFoundError):
        openai.responses.retrieve(response.id)


def test_an_unknown_response_is_not_continued(openai):
    import openai as module

    with pytest.raises(module.NotFoundError):
        respond(openai, previous_response_id="resp_none")


def test_a_background_response_comes_later(openai):
    response = respond(openai, background=True)
    assert response.status in ("queued", "in_progress")
    deadline = time.time() + 60
    while response.status in ("queued", "in_progress") and time.time() < deadline:
        time.sleep(0.1)
        response = openai.responses.retrieve(response.id)
    assert response.status in ("completed", "incomplete") and response.output


def test_a_background_response_is_canceled(openai):
    response = respond(openai, background=True, max_output_tokens=100, extra_body={"min_tokens": 100})
    assert openai.responses.cancel(response.id).status in ("cancelled", "completed", "incomplete")


def test_a_tool_is_called(openai):
    response = respond(openai, tools=[TOOL], tool_choice=NAMED, max_output_tokens=120)
    call = response.output[-1]
    assert call.type == "function_call" and call.name == "weather" and is_weather(call.arguments)


def test_a_tool_is_required(openai):
    response = respond(
        openai, tools=[TOOL], tool_choice="required", parallel_tool_calls=False, max_output_tokens=120)
    assert response.output[-1].call_id


def test_outputs_of_tools_continue(openai):
    first = respond(openai, tools=[TOOL], tool_choice=NAMED, max_output_tokens=120)
    output = {"type": "function_call_output", "call_id": first.output[-1].call_id, "output": "Sunny."}
    assert respond(openai, previous_response_id=first.id, input=[output], tools=[TOOL]).output


def test_a_schema_is_obeyed(openai):
    form = {"format": {"type": "json_schema", "name": "weather", "schema": WEATHER, "strict": True}}
    assert is_weather(respond(openai, text=form, max_output_tokens=120).output_text)


def test_parse_makes_an_object(openai):
    from typing import Literal

    from pydantic import BaseModel

    class Answer(BaseModel):
        color: Literal["red", "green"]

    parsed = openai.responses.parse(model="", input="A color?", text_format=Answer, max_output_tokens=60)
    assert isinstance(parsed.output_parsed, Answer)


def test_a_stream_has_the_events_of_a_text(openai):
    events = list(respond(openai, stream=True))
    types = [event.type for event in events]
    assert types[:2] == ["response.created", "response.in_progress"]
    assert types[-1] in ("response.completed", "response.incomplete")
    assert "response.output_text.done" in types and "response.output_item.done" in types


def test_its_deltas_join_to_the_text(openai):
    events = list(respond(openai, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text


def test_its_events_are_numbered(openai):
    numbers = [event.sequence_number for event in respond(openai, stream=True)]
    assert numbers == list(range(len(numbers)))


def test_a_stream_has_the_events_of_a_call(openai):
    events = list(respond(openai, stream=True, tools=[TOOL], tool_choice=NAMED, max_output_tokens=120))
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert len(done) == 1 and is_weather(done[0].arguments)


def test_the_stream_helper_sees_the_end(openai):
    form = {"format": {"type": "json_schema", "name": "yes", "schema": {"type": "boolean"}}}
    with openai.responses.stream(model="", input="Say hello.", max_output_tokens=8, text=form) as stream:
        assert stream.get_final_response().output_text in ("true", "false")


def test_logprobs_come_with_the_text(openai):
    response = respond(openai, top_logprobs=2, include=["message.output_text.logprobs"])
    assert len(response.output[-1].content[0].logprobs[0].top_logprobs) == 2


def test_input_tokens_are_counted(openai):
    assert openai.responses.input_tokens.count(model="", input="Say hello.").input_tokens > 0


def test_images_are_refused(openai):
    import openai as module

    image = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"}
    with pytest.raises(module.BadRequestError, match="text"):
        respond(openai, input=[{"role": "user", "content": [image]}])


def test_tools_of_other_servers_are_refused(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="tools"):
        respond(openai, tools=[{"type": "web_search"}])
