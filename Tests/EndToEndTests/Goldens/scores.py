#!/usr/bin/env python3
"""Losses of sliding windows by the definition, in float64: what scores.json was made with.

usage: scores.py SHARED_FOLDER > scores.json      needs the PyPI packages numpy and gguf

Separate from reference.py so that quantized.json need not be made again: every position's loss, and partial rotary.
"""
import json
import sys

import gguf
import numpy as np
from gguf.quants import dequantize

POLICIES = ((1, 0), (4, 64), (8, 32), (5, 48), (7, 30), (3, 1))
LENGTHS, STRIDE, WINDOWS = (200, 640), 64, 2


class Model:
    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        self.tensors = {}
        for tensor in reader.tensors:
            shape = [int(size) for size in reversed(tensor.shape)]
            self.tensors[tensor.name] = dequantize(tensor.data, tensor.tensor_type).astype(np.float64).reshape(shape)
        self.field = lambda key: reader.fields["llama." + key].contents()


def relative_positions(count, group_size, window):
    """Of every query (row) and key, straight from the two cases of the definition."""
    table = np.zeros((count, count), dtype=np.int64)
    for query in range(count):
        for key in range(query + 1):
            is_neighbor = query - key < window
            grouped = query // group_size - key // group_size + window - window // group_size
            table[query, key] = query - key if is_neighbor else grouped
    return table


def losses(model, ids, rotary, group_size, window):
    """Minus the log-probability of ids[1:], each after those before it.

    RoPE is applied as a rotation of the key by the relative position, one table of positions for all: neither the
    two views nor the merge of the paper's pseudo-code are used.
    """
    heads, kv_heads = model.field("attention.head_count"), model.field("attention.head_count_kv")
    size = model.field("embedding_length") // heads
    epsilon = model.field("attention.layer_norm_rms_epsilon")
    relative = relative_positions(len(ids), group_size, window)
    causal = np.tril(np.ones((len(ids), len(ids)), dtype=bool))
    angles = relative[..., None] * 10000.0 ** (-2 * np.arange(rotary // 2) / rotary)
    cosine, sine = np.cos(angles), np.sin(angles)
    normed = lambda x, weight: x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight
    x = model.tensors["token_embd.weight"][ids]
    for layer in range(model.field("block_count")):
        weight = lambda name: model.tensors[f"blk.{layer}.{name}.weight"]
        h = normed(x, weight("attn_norm"))
        query = (h @ weight("attn_q").T).reshape(len(ids), heads, size)
        key = (h @ weight("attn_k").T).reshape(len(ids), kv_heads, size)
        value = (h @ weight("attn_v").T).reshape(len(ids), kv_heads, size)
        attended = np.zeros_like(query)
        for head in range(heads):
            group = head // (heads // kv_heads)
            q, k = query[:, head], key[:, group]
            scores = q[:, rotary:] @ k[:, rotary:].T
            for pair in range(rotary // 2):
                # (R(i) q) . (R(j) k) as a function of the relative position alone.
                q0, q1, k0, k1 = q[:, 2 * pair], q[:, 2 * pair + 1], k[:, 2 * pair], k[:, 2 * pair + 1]
                scores += (np.outer(q0, k0) + np.outer(q1, k1)) * cosine[..., pair]
                scores += (np.outer(q0, k1) - np.outer(q1, k0)) * sine[..., pair]
            scores = np.where(causal, scores / np.sqrt(size), -np.inf)
            share = np.exp(scores - scores.max(-1, keepdims=True))
            attended[:, head] = share / share.sum(-1, keepdims=True) @ value[:, group]
        x = x + attended.reshape(len(ids), -1) @ weight("attn_output").T
        h = normed(x, weight("ffn_norm"))
        gate = h @ weight("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ weight("ffn_up").T)) @ weight("ffn_down").T
    x = normed(x, model.tensors["output_norm.weight"])
    logits = x @ model.tensors.get("output.weight", model.tensors["token_embd.weight"]).T
    most = logits.max(-1, keepdims=True)
    logprobs = logits - most - np.log(np.exp(logits - most).sum(-1, keepdims=True))
    return [-logprobs[at, ids[at + 1]] for at in range(len(ids) - 1)]


def main(shared):
    cases = []
    for name in ("llama2xs-256", "stories260K"):
        with open(f"{shared}/goldens/{name}/stories_800.json") as file:
            ids = json.load(file)["ids"]
        model = Model(f"{shared}/models/{name}/{name}-F32.gguf")
        for rotary in (8, 4):
            for group_size, window in POLICIES:
                for length in LENGTHS:
                    scored = []
                    for end in (LENGTHS[-1] + STRIDE * index for index in range(WINDOWS)):
                        scored += losses(model, ids[end - length:end], rotary, group_size, window)[-STRIDE:]
                    cases.append({
                        "model": name, "rotary": rotary, "group_size": group_size, "neighbor_window": window,
                        "length": length, "perplexity": round(float(np.exp(np.mean(scored))), 8),
                    })
    json.dump({"stride": STRIDE, "windows": WINDOWS, "cases": cases}, sys.stdout, indent=0)
    print()


main(sys.argv[1])
