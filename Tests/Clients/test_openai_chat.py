"""Chat completions by openai-python."""

import asyncio
import base64

import pytest
from conftest import HELLO

pytest.importorskip("openai")


def chat(openai, **more):
    return openai.chat.completions.create(**{"model": "checked", "messages": HELLO, "max_tokens": 8, **more})


def chunks(openai, **more):
    return list(chat(openai, stream=True, **more))


def joined(pieces, index=0):
    return "".join(
        choice.delta.content or "" for piece in pieces for choice in piece.choices if choice.index == index)


def test_a_chat_answers(openai):
    answer = chat(openai)
    assert answer.object == "chat.completion" and answer.choices[0].message.role == "assistant"


def test_content_is_text(openai):
    assert isinstance(chat(openai).choices[0].message.content, str)


def test_the_id_has_its_prefix(openai):
    assert chat(openai).id.startswith("chatcmpl-")


def test_ids_differ(openai):
    assert chat(openai).id != chat(openai).id


def test_created_is_in_seconds(openai):
    assert 1_700_000_000 < chat(openai).created < 4_000_000_000


def test_the_answer_bears_the_first_alias(openai):
    assert chat(openai, model="also-checked").model == "checked"


def test_an_empty_model_is_the_served_one(openai):
    assert chat(openai, model="").model == "checked"


def test_usage_adds_up(openai):
    usage = chat(openai).usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens and usage.prompt_tokens > 0


def test_max_tokens_ends_with_length(openai):
    answer = chat(openai, max_tokens=2, extra_body={"ignore_eos": True})
    assert answer.choices[0].finish_reason == "length" and answer.usage.completion_tokens == 2


def test_max_completion_tokens_wins(openai):
    answer = chat(openai, max_tokens=50, max_completion_tokens=3, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 3


def test_n_predict_is_a_limit(openai):
    body = {"n_predict": 3, "ignore_eos": True}
    answer = openai.chat.completions.create(model="", messages=HELLO, extra_body=body)
    assert answer.usage.completion_tokens == 3


def test_min_tokens_holds_the_end_back(openai):
    assert chat(openai, max_tokens=20, extra_body={"min_tokens": 20}).usage.completion_tokens == 20


def test_greedy_answers_are_equal(openai):
    first, second = chat(openai, temperature=0), chat(openai, temperature=0)
    assert first.choices[0].message.content == second.choices[0].message.content


def test_a_seed_repeats_an_answer(openai):
    texts = {chat(openai, seed=7, temperature=1, max_tokens=16).choices[0].message.content for _ in range(2)}
    assert len(texts) == 1


def test_top_p_and_penalties_are_accepted(openai):
    assert chat(openai, top_p=0.9, presence_penalty=0.5, frequency_penalty=-0.5).choices


def test_a_logit_bias_forbids_tokens(openai):
    plain = chat(openai, temperature=0, max_tokens=1, logprobs=True, extra_body={"return_token_ids": True})
    token = plain.choices[0].model_extra["token_ids"][0]
    other = chat(
        openai, temperature=0, max_tokens=1, logit_bias={str(token): -100}, extra_body={"return_token_ids": True})
    assert other.choices[0].model_extra["token_ids"] != [token]


def test_n_answers_are_numbered(openai):
    answer = chat(openai, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_n_counts_the_prompt_once(openai):
    one, three = chat(openai, temperature=0), chat(openai, temperature=0, n=3)
    assert three.usage.prompt_tokens == one.usage.prompt_tokens


def test_a_stop_string_is_left_out(openai):
    text = chat(openai, temperature=0, max_tokens=24).choices[0].message.content
    stop = text.strip()[2:4] or "x"
    cut = chat(openai, temperature=0, max_tokens=24, stop=stop).choices[0].message.content
    assert stop not in cut and text.startswith(cut)


def test_stop_takes_an_array(openai):
    answer = chat(openai, temperature=0, stop=["\u0001", "\u0002", "\u0003", "\u0004", "\u0005"])
    assert answer.choices[0].message.content is not None


def test_logprobs_have_bytes(openai):
    content = chat(openai, logprobs=True).choices[0].logprobs.content
    assert content and all(entry.logprob <= 0 and entry.bytes is not None for entry in content)


def test_top_logprobs_are_as_many_as_asked(openai):
    content = chat(openai, logprobs=True, top_logprobs=4).choices[0].logprobs.content
    assert all(len(entry.top_logprobs) == 4 for entry in content)


def test_top_logprobs_are_in_order(openai):
    content = chat(openai, logprobs=True, top_logprobs=4).choices[0].logprobs.content
    assert all(
        entry.top_logprobs[i].logprob >= entry.top_logprobs[i + 1].logprob for entry in content for i in range(3))


def test_prompt_logprobs_cover_the_prompt(openai):
    answer = chat(openai, extra_body={"prompt_logprobs": 2})
    scores = answer.model_extra["prompt_logprobs"]
    assert scores[0] is None and len(scores) == answer.usage.prompt_tokens
    assert all(2 <= len(score) <= 3 for score in scores[1:])


def test_a_system_message_is_read(openai):
    messages = [{"role": "system", "content": "Be brief."}, *HELLO]
    assert chat(openai, messages=messages).usage.prompt_tokens > 0


def test_a_developer_message_is_a_system_message(openai):
    def count(role):
        return chat(openai, messages=[{"role": role, "content": "Be brief."}, *HELLO]).usage.prompt_tokens

    assert count("developer") == count("system")


def test_content_may_be_parts_a_line_each(openai):
    parts = [{"type": "text", "text": "Say"}, {"type": "text", "text": "hello."}]
    whole = chat(openai, messages=[{"role": "user", "content": "Say\nhello."}]).usage.prompt_tokens
    assert chat(openai, messages=[{"role": "user", "content": parts}]).usage.prompt_tokens == whole


def test_several_turns_are_read(openai):
    messages = [*HELLO, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Again."}]
    assert chat(openai, messages=messages).usage.prompt_tokens > chat(openai).usage.prompt_tokens


def test_names_and_hints_are_accepted(openai):
    assert chat(openai, user="u", metadata={"a": "b"}, store=False, service_tier="auto").choices


def test_unknown_fields_are_ignored(openai):
    assert chat(openai, extra_body={"no_server_has_this": 1}).choices


def test_timings_are_told(openai):
    assert chat(openai).model_extra["timings"]["predicted_n"] >= 0


def test_the_policy_is_told(openai):
    assert chat(openai).model_extra["policy"]["group_size"] >= 1


def test_a_final_message_is_continued(openai):
    messages = [*HELLO, {"role": "assistant", "content": "Hel"}]
    body = {"continue_final_message": True, "add_generation_prompt": False}
    assert chat(openai, messages=messages, extra_body=body).choices


def test_a_fingerprint_is_sent(openai):
    assert chat(openai).system_fingerprint.endswith("-longhaul")


def test_an_async_client_gets_answers(server):
    import openai

    async def run():
        async with openai.AsyncOpenAI(base_url=server.url + "/v1", api_key="none") as client:
            asks = [client.chat.completions.create(model="", messages=HELLO, max_tokens=4) for _ in range(4)]
            return await asyncio.gather(*asks)

    assert len(asyncio.run(run())) == 4


def test_a_base_address_without_v1_works(server):
    import openai

    client = openai.OpenAI(base_url=server.url, api_key="none")
    assert client.chat.completions.create(model="", messages=HELLO, max_tokens=2).choices


def test_a_stream_opens_with_the_role(openai):
    first = chunks(openai)[0]
    assert first.choices[0].delta.role == "assistant" and first.object == "chat.completion.chunk"


def test_only_the_first_chunk_has_the_role(openai):
    assert all(not piece.choices[0].delta.role for piece in chunks(openai)[1:] if piece.choices)


def test_a_stream_has_one_id(openai):
    assert len({piece.id for piece in chunks(openai)}) == 1


def test_a_stream_has_one_finish(openai):
    reasons = [piece.choices[0].finish_reason for piece in chunks(openai) if piece.choices]
    assert sum(reason is not None for reason in reasons) == 1 and reasons[-1] is not None


def test_a_stream_equals_the_whole(openai):
    whole = chat(openai, temperature=0, max_tokens=24).choices[0].message.content
    assert joined(chunks(openai, temperature=0, max_tokens=24)) == whole


def test_usage_comes_last_on_request(openai):
    pieces = chunks(openai, stream_options={"include_usage": True})
    assert pieces[-1].choices == [] and pieces[-1].usage.total_tokens > 0
    assert all(piece.usage is None for piece in pieces[:-1])


def test_usage_comes_all_the_time_on_request(openai):
    pieces = chunks(
        openai, stream_options={"include_usage": True, "continuous_usage_stats": True})
    assert all(piece.usage is not None for piece in pieces)


def test_a_stream_has_logprobs(openai):
    pieces = chunks(openai, logprobs=True, top_logprobs=1, max_tokens=4, extra_body={"ignore_eos": True})
    found = [e for p in pieces if p.choices and p.choices[0].logprobs for e in p.choices[0].logprobs.content]
    assert len(found) == 4


def test_several_streamed_answers_have_each_an_end(openai):
    pieces = chunks(openai, n=3, seed=1, max_tokens=12)
    ends = [piece.choices[0].index for piece in pieces if piece.choices and piece.choices[0].finish_reason]
    assert sorted(ends) == [0, 1, 2]


def test_several_streamed_answers_are_interleaved(openai):
    pieces = chunks(openai, n=3, seed=1, max_tokens=16, extra_body={"ignore_eos": True})
    order = [piece.choices[0].index for piece in pieces if piece.choices]
    assert order != sorted(order)


def test_a_stream_may_be_left(openai):
    stream = chat(openai, stream=True, max_tokens=200, extra_body={"ignore_eos": True})
    next(iter(stream))
    stream.close()
    assert chat(openai).choices


def test_models_are_listed(openai):
    assert [model.id for model in openai.models.list()] == ["checked", "also-checked"]


def test_a_model_is_found(openai):
    assert openai.models.retrieve("checked").object == "model"


def test_a_raw_response_has_a_request_id(openai):
    raw = openai.chat.completions.with_raw_response.create(model="", messages=HELLO, max_tokens=1)
    assert raw.headers["x-request-id"] and raw.parse().choices


def test_a_request_id_is_kept(openai):
    raw = openai.chat.completions.with_raw_response.create(
        model="", messages=HELLO, max_tokens=1, extra_headers={"X-Request-Id": "mine-1"})
    assert raw.headers["x-request-id"] == "mine-1"


def test_one_embedding(openai):
    data = openai.embeddings.create(model="", input="hello").data
    assert len(data) == 1 and data[0].index == 0 and len(data[0].embedding) > 1


def test_embeddings_are_one_long(openai):
    vector = openai.embeddings.create(model="", input="hello").data[0].embedding
    assert abs(sum(x * x for x in vector) - 1) < 1e-4


def test_several_embeddings_are_in_order(openai):
    texts = ["one", "two words", "and three words"]
    many = openai.embeddings.create(model="", input=texts).data
    each = [openai.embeddings.create(model="", input=text).data[0].embedding for text in texts]
    assert [entry.index for entry in many] == [0, 1, 2]
    assert all(abs(a - b) < 1e-5 for entry, one in zip(many, each) for a, b in zip(entry.embedding, one))


def test_embeddings_of_token_ids(openai, http):
    tokens = http.post("/tokenize", json={"prompt": "hello"}).json()["tokens"]
    text = openai.embeddings.create(model="", input="hello").data[0].embedding
    assert openai.embeddings.create(model="", input=[tokens]).data[0].embedding == text


def test_embeddings_as_floats_and_as_base64(http):
    import struct

    floats = http.post("/v1/embeddings", json={"input": "hello"}).json()["data"][0]["embedding"]
    text = http.post("/v1/embeddings", json={"input": "hello", "encoding_format": "base64"}).json()
    packed = base64.b64decode(text["data"][0]["embedding"])
    assert all(abs(a - b) < 1e-6 for a, b in zip(struct.unpack(f"<{len(floats)}f", packed), floats))


def test_embeddings_are_cut(openai):
    assert len(openai.embeddings.create(model="", input="hello", dimensions=4).data[0].embedding) == 4


def test_embeddings_are_pooled_in_three_ways(openai):
    def vector(pooling):
        more = {"pooling": pooling}
        return openai.embeddings.create(model="", input="hello to all", extra_body=more).data[0].embedding

    assert len({tuple(vector(pooling)) for pooling in ("mean", "last", "class")}) == 3


def test_embeddings_cost_their_prompt(openai):
    usage = openai.embeddings.create(model="", input="hello").usage
    assert usage.prompt_tokens == usage.total_tokens > 0


def test_an_equal_text_is_nearest(http):
    reply = http.post("/score", json={"text_1": "a red fox", "text_2": ["a red fox", "12345"]}).json()["data"]
    assert abs(reply[0]["score"] - 1) < 1e-4 and reply[1]["score"] < reply[0]["score"]


def test_documents_are_ranked(http):
    body = {"query": "a red fox", "documents": ["12345", "a red fox", "bread"], "top_n": 2}
    results = http.post("/v1/rerank", json=body).json()["results"]
    assert len(results) == 2 and results[0]["index"] == 1
