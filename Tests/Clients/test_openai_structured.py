"""Answers that are bound to a form, by openai-python."""

import json

import pytest
from conftest import HELLO, WEATHER, is_weather

pytest.importorskip("openai")


def content(openai, **more):
    answer = openai.chat.completions.create(**{"model": "", "messages": HELLO, "max_tokens": 120, **more})
    return answer.choices[0].message.content


def schema(value, name="answer"):
    return {"type": "json_schema", "json_schema": {"name": name, "schema": value, "strict": True}}


def test_a_schema_is_obeyed(openai):
    assert is_weather(content(openai, response_format=schema(WEATHER)))


@pytest.mark.parametrize("seed", range(4))
def test_a_schema_is_obeyed_for_any_seed(openai, seed):
    assert is_weather(content(openai, response_format=schema(WEATHER), seed=seed, temperature=1.5))


def test_a_streamed_schema_is_obeyed(openai):
    pieces = openai.chat.completions.create(
        model="", messages=HELLO, max_tokens=120, response_format=schema(WEATHER), stream=True)
    assert is_weather("".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices))


@pytest.mark.parametrize(
    "value",
    [
        {"type": "boolean"},
        {"type": "integer", "minimum": -5, "maximum": 5},
        {"enum": ["red", 3, None]},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3},
        {"anyOf": [{"const": "a"}, {"const": "b"}]},
        {"type": "string", "pattern": "^[a-f]{3}$"},
        {"$ref": "#/$defs/d", "$defs": {"d": {"type": "string", "format": "date"}}},
    ],
    ids=["boolean", "range", "enum", "array", "anyOf", "pattern", "ref"])
def test_values_are_valid_under_their_schema(openai, value):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(content(openai, response_format=schema(value))), value)


def test_parse_makes_an_object(openai):
    from typing import Literal

    from pydantic import BaseModel

    class Answer(BaseModel):
        color: Literal["red", "green"]
        bright: bool

    parsed = openai.chat.completions.parse(model="", messages=HELLO, max_tokens=100, response_format=Answer)
    assert isinstance(parsed.choices[0].message.parsed, Answer)


def test_any_object_is_json(openai):
    answer = openai.chat.completions.create(
        model="", messages=HELLO, max_tokens=300, temperature=0, response_format={"type": "json_object"})
    text = answer.choices[0].message.content
    assert text.startswith("{") and (answer.choices[0].finish_reason == "length" or json.loads(text) is not None)


def test_a_grammar_is_obeyed(openai):
    assert content(openai, extra_body={"grammar": 'root ::= "yes" | "no"'}) in ("yes", "no")


def test_a_choice_is_obeyed(openai):
    assert content(openai, extra_body={"guided_choice": ["left", "right"]}) in ("left", "right")


def test_a_regular_expression_is_obeyed(openai):
    assert content(openai, extra_body={"structured_outputs": {"regex": "[0-9]{4}"}}).isdigit()


def test_a_structural_tag_is_obeyed(openai):
    tag = {
        "type": "sequence",
        "elements": [
            {"type": "const_string", "value": "<a>"}, {"type": "json_schema", "json_schema": {"type": "boolean"}},
        ],
    }
    text = content(openai, response_format={"type": "structural_tag", "format": tag})
    assert text in ("<a>true", "<a>false")


def test_two_forms_are_refused(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="guided_choice"):
        content(openai, extra_body={"guided_choice": ["a"], "guided_regex": "a"})


def test_a_keyword_that_cannot_be_enforced_is_named(openai):
    import openai as module

    with pytest.raises(module.BadRequestError, match="#/not"):
        content(openai, response_format=schema({"not": {}}))
