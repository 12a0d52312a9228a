"""Text completions by openai-python."""

import pytest

pytest.importorskip("openai")


def complete(openai, prompt="Once upon a time", **more):
    return openai.completions.create(**{"model": "", "prompt": prompt, "max_tokens": 8, **more})


def test_a_prompt_is_continued(openai):
    answer = complete(openai)
    assert answer.object == "text_completion" and isinstance(answer.choices[0].text, str)


def test_several_prompts_have_a_choice_each(openai):
    assert [choice.index for choice in complete(openai, ["One", "Two"]).choices] == [0, 1]


def test_token_ids_are_a_prompt(openai, http):
    tokens = http.post("/tokenize", json={"prompt": "Once upon a time"}).json()["tokens"]
    assert complete(openai, tokens, temperature=0).choices[0].text == complete(openai, temperature=0).choices[0].text


def test_several_arrays_of_ids_are_prompts(openai, http):
    tokens = http.post("/tokenize", json={"prompt": "Once"}).json()["tokens"]
    assert len(complete(openai, [tokens, tokens]).choices) == 2


def test_echo_repeats_the_prompt(openai):
    assert complete(openai, echo=True).choices[0].text.startswith("Once upon a time")


def test_echo_with_logprobs_scores_the_prompt(openai):
    scores = complete(openai, echo=True, logprobs=1, max_tokens=1).choices[0].logprobs
    assert scores.token_logprobs[0] is None and all(value <= 0 for value in scores.token_logprobs[1:])


def test_no_new_tokens_score_the_prompt_alone(openai):
    answer = complete(openai, echo=True, logprobs=0, max_tokens=0)
    assert answer.choices[0].text == "Once upon a time" and answer.usage.completion_tokens == 0


def test_offsets_rise(openai):
    offsets = complete(openai, echo=True, logprobs=0).choices[0].logprobs.text_offset
    assert offsets == sorted(offsets)


def test_logprobs_have_alternatives(openai):
    tops = complete(openai, logprobs=3, temperature=0).choices[0].logprobs.top_logprobs
    assert all(len(top) >= 2 for top in tops)


def test_best_of_returns_the_best(openai):
    answer = complete(openai, n=1, best_of=3)
    assert len(answer.choices) == 1


def test_n_answers_to_each_prompt(openai):
    assert len(complete(openai, ["One", "Two"], n=2).choices) == 4


def test_a_stream_equals_the_whole(openai):
    whole = complete(openai, temperature=0, max_tokens=20).choices[0].text
    pieces = list(complete(openai, temperature=0, max_tokens=20, stream=True))
    assert "".join(piece.choices[0].text for piece in pieces if piece.choices) == whole


def test_streamed_prompts_are_told_apart(openai):
    pieces = list(complete(openai, ["One", "Two"], stream=True))
    assert {piece.choices[0].index for piece in pieces if piece.choices} == {0, 1}


def test_a_stream_has_usage(openai):
    pieces = list(complete(openai, stream=True, stream_options={"include_usage": True}))
    assert pieces[-1].usage.prompt_tokens > 0


def test_prompt_logprobs_are_in_the_choice(openai):
    choice = complete(openai, extra_body={"prompt_logprobs": 0}).choices[0]
    assert choice.model_extra["prompt_logprobs"][0] is None


def test_token_ids_come_back(openai):
    choice = complete(openai, extra_body={"return_token_ids": True, "ignore_eos": True}).choices[0]
    assert len(choice.model_extra["token_ids"]) == 8


def test_a_stop_string_may_be_shown(openai):
    text = complete(openai, temperature=0, max_tokens=20).choices[0].text
    stop = text[3:5]
    shown = complete(
        openai, temperature=0, max_tokens=20, stop=[stop], extra_body={"include_stop_str_in_output": True})
    assert shown.choices[0].text.endswith(stop)


@pytest.mark.parametrize(
    "field,value",
    [
        ("top_k", 5), ("min_p", 0.1), ("typical_p", 0.9), ("repetition_penalty", 1.1), ("repeat_penalty", 1.1),
        ("top_n_sigma", 2.0), ("xtc_probability", 0.5), ("min_tokens", 3),
    ])
def test_a_sampler_of_other_servers_is_obeyed(openai, field, value):
    assert complete(openai, extra_body={field: value, "seed": 1}).choices


def test_a_suffix_is_filled_in_or_refused_by_name(openai):
    import openai as module

    try:
        assert isinstance(complete(openai, "def add(a, b):\n    return ", suffix="\n").choices[0].text, str)
    except module.BadRequestError as error:
        assert "suffix" in str(error)


def test_infill_is_filled_in_or_refused_by_name(http):
    reply = http.post("/infill", json={"input_prefix": "a = ", "input_suffix": "\n", "n_predict": 4})
    assert reply.status_code == 200 and "content" in reply.json() or "suffix" in reply.json()["error"]["message"]
