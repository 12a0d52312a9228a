"""Tools by openai-python."""

import json

import pytest
from conftest import HELLO, is_weather, tool

pytest.importorskip("openai")
TIME = tool("time", {"type": "object", "properties": {}})


def chat(openai, **more):
    return openai.chat.completions.create(
        **{"model": "", "messages": HELLO, "max_tokens": 120, "tools": [tool()], "seed": 1, **more})


def calls(openai, **more):
    return chat(openai, **more).choices[0].message.tool_calls


NAMED = {"type": "function", "function": {"name": "weather"}}


def test_a_required_call_comes(openai):
    assert calls(openai, tool_choice="required", parallel_tool_calls=False)[0].function.name == "weather"


def test_its_arguments_are_valid(openai):
    assert is_weather(calls(openai, tool_choice="required", parallel_tool_calls=False)[0].function.arguments)


def test_it_is_why_the_answer_ends(openai):
    assert chat(openai, tool_choice=NAMED).choices[0].finish_reason == "tool_calls"


def test_a_message_that_only_calls_has_no_content(openai):
    assert chat(openai, tool_choice=NAMED).choices[0].message.content is None


def test_a_call_has_an_id_and_a_type(openai):
    call = calls(openai, tool_choice=NAMED)[0]
    assert call.id and call.type == "function"


def test_a_named_tool_is_called(openai):
    found = calls(openai, tools=[tool(), TIME], tool_choice={"type": "function", "function": {"name": "time"}})
    assert [call.function.name for call in found] == ["time"]


def test_a_tool_without_parameters_gets_an_object(openai):
    found = calls(openai, tools=[TIME], tool_choice="required", parallel_tool_calls=False)
    assert isinstance(json.loads(found[0].function.arguments), dict)


@pytest.mark.parametrize("seed", range(6))
def test_arguments_are_valid_for_any_seed(openai, seed):
    found = calls(openai, tool_choice=NAMED, seed=seed, temperature=1.5)
    assert is_weather(found[0].function.arguments)


def test_some_tool_is_one_of_them(openai):
    found = calls(openai, tools=[tool(), TIME], tool_choice="required", parallel_tool_calls=False)
    assert found[0].function.name in ("weather", "time")


def test_allowed_tools_narrow_the_choice(openai):
    choice = {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "time"}}]},
    }
    found = calls(openai, tools=[tool(), TIME], tool_choice=choice, parallel_tool_calls=False)
    assert found[0].function.name == "time"


def test_without_parallel_calls_there_is_one(openai):
    assert len(calls(openai, tool_choice="required", parallel_tool_calls=False)) == 1


def test_no_tool_is_called_where_none_may_be(openai):
    assert chat(openai, tool_choice="none", max_tokens=8).choices[0].message.tool_calls is None


def test_the_model_decides(openai):
    assert chat(openai, tool_choice="auto", max_tokens=8).choices[0].finish_reason in ("stop", "length", "tool_calls")


def test_no_choice_is_auto(openai):
    assert chat(openai, max_tokens=8).choices


def test_an_empty_array_is_no_tools(openai):
    assert chat(openai, tools=[], max_tokens=8).choices


def test_strict_tools_are_accepted(openai):
    assert is_weather(calls(openai, tools=[tool(strict=True)], tool_choice=NAMED)[0].function.arguments)


def test_strict_tools_leave_the_choice_to_the_model(openai):
    assert chat(openai, tools=[tool(strict=True)], max_tokens=8).choices


def test_a_strict_schema_that_cannot_be_enforced_is_refused(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="not"):
        chat(openai, tools=[tool(parameters={"type": "object", "not": {}}, strict=True)], tool_choice="required")


def test_a_streamed_call_joins_to_the_whole(openai):
    name, arguments, ids = "", "", set()
    for piece in chat(openai, tool_choice=NAMED, stream=True):
        for delta in (piece.choices[0].delta.tool_calls or []) if piece.choices else []:
            name += delta.function.name or ""
            arguments += delta.function.arguments or ""
            ids.add(delta.id)
    assert name == "weather" and is_weather(arguments) and len(ids - {None}) == 1


def test_a_streamed_call_has_its_index(openai):
    pieces = [p for p in chat(openai, tool_choice=NAMED, stream=True) if p.choices]
    indices = {delta.index for piece in pieces for delta in piece.choices[0].delta.tool_calls or []}
    assert indices == {0} and pieces[-1].choices[0].finish_reason == "tool_calls"


def test_the_stream_helper_sees_the_call(openai):
    with openai.chat.completions.stream(
        model="", messages=HELLO, tools=[tool(strict=True)], tool_choice=NAMED, max_tokens=120) as stream:
        message = stream.get_final_completion().choices[0].message
    assert is_weather(message.tool_calls[0].function.arguments)


def test_answers_of_tools_are_read(openai):
    call = calls(openai, tool_choice=NAMED)[0]
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "Sunny."},
    ]
    assert chat(openai, messages=messages, max_tokens=8).choices


def test_two_rounds_of_an_agent(openai):
    messages = list(HELLO)
    for _ in range(2):
        message = chat(openai, messages=messages, tool_choice=NAMED).choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        messages.append({"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Sunny."})
    assert len(messages) == 5


def test_functions_are_called_in_the_older_form(openai):
    answer = openai.chat.completions.create(
        model="", messages=HELLO, max_tokens=120, functions=[tool()["function"]], function_call={"name": "weather"})
    call = answer.choices[0].message.function_call
    assert call.name == "weather" and is_weather(call.arguments)
    assert answer.choices[0].finish_reason == "function_call"


def test_answers_of_functions_are_read(openai):
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "Sunny."},
    ]
    assert openai.chat.completions.create(
        model="", messages=messages, max_tokens=4, functions=[tool()["function"]]).choices


def test_a_pydantic_tool_is_parsed(openai):
    import openai as module
    from typing import Literal

    from pydantic import BaseModel

    class Weather(BaseModel):
        city: Literal["Paris", "Rome"]
        sunny: bool

    parsed = openai.chat.completions.parse(
        model="", messages=HELLO, max_tokens=200, tools=[module.pydantic_function_tool(Weather, name="weather")],
        tool_choice=NAMED)
    assert isinstance(parsed.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)


def test_an_unknown_tool_is_refused(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="tool_choice"):
        chat(openai, tool_choice={"type": "function", "function": {"name": "unknown"}})


def test_a_required_call_without_tools_is_refused(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="tool_choice"):
        openai.chat.completions.create(model="", messages=HELLO, tool_choice="required")
