#!/usr/bin/env python3
"""Logits of small GGUF files by the definition, in float64: what quantized.json was made with.

usage: reference.py SHARED_FOLDER > quantized.json      needs the PyPI packages numpy and gguf
"""
import json
import sys

import gguf
import numpy as np
from gguf.quants import dequantize


def read(path):
    reader = gguf.GGUFReader(path)
    tensors = {}
    for tensor in reader.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        tensors[tensor.name] = dequantize(tensor.data, tensor.tensor_type).astype(np.float64).reshape(shape)
    metadata = lambda key: reader.fields[key].contents()
    return tensors, lambda key: metadata("llama." + key), metadata


def all_logits(path, ids, group_size, window):
    """Logits after every token, [tokens, vocabulary]."""
    tensors, field, _ = read(path)
    return logits_of(tensors, field, ids, group_size, window)


def logits_of(tensors, field, ids, group_size, window, size=None, base=10000.0, half_split=False, mixture=None):
    """A bias, or a norm of heads, is applied where there is a tensor for it. `size`: of a head, where it is not
    width over heads. `half_split`: whether RoPE pairs (p, p + size/2) instead of (2p, 2p + 1). `mixture`: what a
    feed-forward part of experts gives, of its input and a function from names to tensors."""
    heads, kv_heads = field("attention.head_count"), field("attention.head_count_kv")
    size = size or field("embedding_length") // heads
    epsilon = field("attention.layer_norm_rms_epsilon")
    positions = np.arange(len(ids))
    distance = positions[:, None] - positions[None, :]
    radians = base ** (-2 * np.arange(size // 2) / size)
    first, second = (
        (slice(0, size // 2), slice(size // 2, size)) if half_split else (slice(0, size, 2), slice(1, size, 2)))

    def normed(x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight

    def rotated(x, at):
        cosine, sine = (f(at[:, None] * radians)[:, None, :] for f in (np.cos, np.sin))
        result = x.copy()
        result[..., first] = x[..., first] * cosine - x[..., second] * sine
        result[..., second] = x[..., first] * sine + x[..., second] * cosine
        return result

    x = tensors["token_embd.weight"][ids]
    for layer in range(field("block_count")):
        weight = lambda name: tensors[f"blk.{layer}.{name}.weight"]

        def projected(name, count):
            heads_of = h @ weight(name).T + tensors.get(f"blk.{layer}.{name}.bias", 0)
            heads_of = heads_of.reshape(len(ids), count, size)
            norm = tensors.get(f"blk.{layer}.{name}_norm.weight")
            return heads_of if norm is None else normed(heads_of, norm)

        h = normed(x, weight("attn_norm"))
        query, key, value = projected("attn_q", heads), projected("attn_k", kv_heads), projected("attn_v", kv_heads)
        neighbor_query, neighbor_key = rotated(query, positions), rotated(key, positions)
        grouped_query = rotated(query, positions // group_size + window - window // group_size)
        grouped_key = rotated(key, positions // group_size)
        attended = np.zeros_like(query)
        for head in range(heads):
            group = head // (heads // kv_heads)
            neighbor = neighbor_query[:, head] @ neighbor_key[:, group].T
            grouped = grouped_query[:, head] @ grouped_key[:, group].T
            scores = np.where(distance < window, neighbor, grouped) / np.sqrt(size)
            scores = np.where(distance >= 0, scores, -np.inf)
            share = np.exp(scores - scores.max(-1, keepdims=True))
            attended[:, head] = share / share.sum(-1, keepdims=True) @ value[:, group]
        x = x + attended.reshape(len(ids), -1) @ weight("attn_output").T
        h = normed(x, weight("ffn_norm"))
        if mixture:
            x = x + mixture(h, lambda name: tensors[f"blk.{layer}.{name}"])
            continue
        gate = h @ weight("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ weight("ffn_up").T)) @ weight("ffn_down").T
    x = normed(x, tensors["output_norm.weight"])
    return x @ tensors.get("output.weight", tensors["token_embd.weight"]).T


def main(shared):
    cases = []
    for name, policy in (("stories260K", (4, 128)), ("llama2xs-256", (8, 32))):
        with open(f"{shared}/goldens/{name}/stories_800.json") as file:
            ids = json.load(file)["ids"]
        for kind in ("F16", "Q8_0", "Q4_0"):
            for group_size, window in ((1, 0), policy):
                logits = all_logits(f"{shared}/models/{name}/{name}-{kind}.gguf", ids, group_size, window)[-1]
                cases.append({
                    "model": f"{name}/{name}-{kind}.gguf", "prompt": f"{name}/stories_800", "group_size": group_size,
                    "neighbor_window": window, "logits": [round(float(x), 5) for x in logits[:64]],
                })
    json.dump(cases, sys.stdout, indent=0)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
