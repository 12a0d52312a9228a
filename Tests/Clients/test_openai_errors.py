"""What goes wrong, as openai-python sees it."""

import pytest
from conftest import HELLO, KEY

openai_module = pytest.importorskip("openai")


def refusal(openai, kind=openai_module.BadRequestError, **more):
    with pytest.raises(kind) as caught:
        openai.chat.completions.create(**{"model": "", "messages": HELLO, "max_tokens": 4, **more})
    return caught.value


def test_an_unknown_model_is_not_found(openai):
    assert refusal(openai, openai_module.NotFoundError, model="unknown").code == "model_not_found"


def test_an_unknown_model_is_not_retrieved(openai):
    with pytest.raises(openai_module.NotFoundError):
        openai.models.retrieve("unknown")


def test_an_overflow_names_its_code(openai, context):
    messages = [{"role": "user", "content": "word " * (context + 100)}]
    assert refusal(openai, messages=messages).code == "context_length_exceeded"


def test_an_overflow_names_both_lengths(openai, context):
    error = refusal(openai, messages=[{"role": "user", "content": "word " * (context + 100)}]).body
    assert error["n_prompt_tokens"] > error["n_ctx"] > 0


def test_an_overflow_is_a_status_in_a_stream_too(openai, context):
    messages = [{"role": "user", "content": "word " * (context + 100)}]
    assert refusal(openai, messages=messages, stream=True).status_code == 400


@pytest.mark.parametrize(
    "field,value",
    [
        ("temperature", -1), ("temperature", "hot"), ("top_p", 2), ("n", 0), ("max_tokens", "x"), ("stop", 3),
        ("top_logprobs", 50), ("seed", "x"), ("presence_penalty", 999), ("logit_bias", {"": 1}), ("tools", {}),
        ("tool_choice", 3), ("response_format", {"type": "xml"}), ("stream", "yes"), ("messages", []),
    ])
def test_a_bad_value_is_refused_by_name(openai, field, value):
    error = refusal(openai, extra_body={"logprobs": True, field: value})
    assert error.param.startswith(field) and field in str(error)


def test_an_image_is_refused(openai):
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert "text only" in str(refusal(openai, messages=[{"role": "user", "content": parts}]))


def test_an_unknown_role_is_refused(openai):
    assert refusal(openai, messages=[{"role": "pirate", "content": "x"}]).param == "messages[0].role"


def test_a_refused_field_says_why(openai):
    assert "use_beam_search" in str(refusal(openai, extra_body={"use_beam_search": True}))


def test_errors_have_a_request_id(openai):
    assert refusal(openai, model="unknown", kind=openai_module.NotFoundError).request_id


def client(server, key):
    return openai_module.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0)


def test_a_wrong_key_is_refused(guarded):
    with pytest.raises(openai_module.AuthenticationError):
        client(guarded, "wrong").models.list()


def test_the_right_key_is_accepted(guarded):
    assert client(guarded, KEY).models.list().data


def test_a_key_may_come_as_x_api_key(guarded):
    httpx = pytest.importorskip("httpx")
    assert httpx.get(guarded.url + "/v1/models", headers={"x-api-key": KEY}).status_code == 200


def test_health_needs_no_key(guarded):
    httpx = pytest.importorskip("httpx")
    assert httpx.get(guarded.url + "/health").status_code == 200


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/responses", "/v1/messages", "/api/chat", "/infill", "/score"])
def test_every_path_needs_a_key(guarded, path):
    httpx = pytest.importorskip("httpx")
    assert httpx.post(guarded.url + path, json={}).status_code == 401
