#!/usr/bin/env python3
"""Logits of a small random model of each family with experts, in float64: what experts.json was made with.

usage: experts.py > experts.json      needs the PyPI package numpy, and gguf for a module it shares
       experts.py --compare           with the same models in PyPI's transformers, in float64; needs torch, too

families.py says how ../RandomModel.swift makes tensors; those of all experts are one, expert after expert.
"""
import json
import sys

import numpy as np
from families import IDS, matrix
from random_models import norm
from reference import logits_of

WIDTH, HEADS, KV_HEADS, LAYERS, VOCABULARY, EPSILON = 96, 4, 2, 3, 96, 1e-6
# Experts, those of a token, numbers inside each, numbers inside the shared one.
COUNT, USED, INNER, SHARED = 6, 2, 40, 56


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gated(h, gate, up, down):
    inner = h @ gate.T
    return (inner * sigmoid(inner) * (h @ up.T)) @ down.T


def mixture(normalizes):
    """The sum of what a token's experts give. `normalizes`: whether their weights add up to 1."""
    def apply(h, tensor):
        shares = softmax(h @ tensor("ffn_gate_inp.weight").T)
        gate, up, down = (
            tensor(f"ffn_{part}_exps.weight").reshape(COUNT, -1, width)
            for part, width in (("gate", WIDTH), ("up", WIDTH), ("down", INNER)))
        result = np.zeros_like(h)
        for row, share in enumerate(shares):
            chosen = np.argsort(-share, kind="stable")[:USED]
            total = share[chosen].sum() if normalizes else 1
            for e in chosen:
                result[row] += share[e] / total * gated(h[row], gate[e], up[e], down[e])
        try:
            router = tensor("ffn_gate_inp_shexp.weight")
        except KeyError:
            return result
        parts = (tensor(f"ffn_{part}_shexp.weight") for part in ("gate", "up", "down"))
        return result + sigmoid(h @ router)[:, None] * gated(h, *parts)
    return apply


def directory(size, biases=False, head_norms=False, shared=False):
    """Name, columns, rows (1 for a vector) and experts of each tensor."""
    tensors = [("token_embd.weight", WIDTH, VOCABULARY, 1)]
    for layer in range(LAYERS):
        projections = [("attn_q", HEADS * size), ("attn_k", KV_HEADS * size), ("attn_v", KV_HEADS * size)]
        listed = [("attn_norm.weight", WIDTH, 1, 1), ("ffn_norm.weight", WIDTH, 1, 1)]
        listed += [(name + ".weight", WIDTH, rows, 1) for name, rows in projections]
        if biases:
            listed += [(name + ".bias", rows, 1, 1) for name, rows in projections]
        if head_norms:
            listed += [("attn_q_norm.weight", size, 1, 1), ("attn_k_norm.weight", size, 1, 1)]
        listed += [
            ("attn_output.weight", HEADS * size, WIDTH, 1), ("ffn_gate_inp.weight", WIDTH, COUNT, 1),
            ("ffn_gate_exps.weight", WIDTH, INNER, COUNT), ("ffn_up_exps.weight", WIDTH, INNER, COUNT),
            ("ffn_down_exps.weight", INNER, WIDTH, COUNT),
        ]
        if shared:
            listed += [
                ("ffn_gate_inp_shexp.weight", WIDTH, 1, 1), ("ffn_gate_shexp.weight", WIDTH, SHARED, 1),
                ("ffn_up_shexp.weight", WIDTH, SHARED, 1), ("ffn_down_shexp.weight", SHARED, WIDTH, 1),
            ]
        tensors += [(f"blk.{layer}.{name}", *sizes) for name, *sizes in listed]
    return tensors + [("output_norm.weight", WIDTH, 1, 1), ("output.weight", WIDTH, VOCABULARY, 1)]


# Name, size of a head, RoPE's base, whether its pairs are half a head apart, whether weights add up to 1, tensors.
FAMILIES = [
    ("llama", 24, 10000.0, False, True, directory(24)),
    ("qwen2moe", 24, 1e6, True, False, directory(24, biases=True, shared=True)),
    ("qwen3moe", 40, 1e6, True, True, directory(40, head_norms=True)),
]


def tensor(place, name, columns, rows, count):
    if rows > 1:
        return matrix(place, columns, rows * count)
    return norm(columns) - (not name.endswith("norm.weight"))


def tensors_of(listed):
    return {entry[0]: tensor(place, *entry) for place, entry in enumerate(listed, 1)}


def logits(tensors, family, group_size, window):
    _, size, base, half_split, normalizes, _ = family
    fields = {
        "attention.head_count": HEADS, "attention.head_count_kv": KV_HEADS, "embedding_length": WIDTH,
        "attention.layer_norm_rms_epsilon": EPSILON, "block_count": LAYERS,
    }
    return logits_of(
        tensors, fields.__getitem__, IDS, group_size, window, size, base, half_split, mixture(normalizes))


def model(family):
    name, size, base, _, _, listed = family
    tensors = tensors_of(listed)
    runs = [
        {
            "group_size": group_size, "neighbor_window": window,
            "logits": [round(float(x), 5) for x in logits(tensors, family, group_size, window)[-1]],
        } for group_size, window in ((1, 0), (4, 8))
    ]
    counts = {
        "block_count": LAYERS, "attention.key_length": size, "attention.value_length": size, "expert_count": COUNT,
        "expert_used_count": USED, "expert_feed_forward_length": INNER, "expert_shared_feed_forward_length": SHARED,
    }
    numbers = {"rope.freq_base": base, "attention.layer_norm_rms_epsilon": EPSILON}
    return {
        "name": name, "feed_forward": INNER, "runs": runs,
        "fields": [{"key": key, "count": count} for key, count in counts.items()]
        + [{"key": key, "number": number} for key, number in numbers.items()],
        "tensors": [
            {"name": n, "type": "F32", "columns": c, "rows": r} | ({"experts": e} if e > 1 else {})
            for n, c, r, e in listed
        ],
    }


def main():
    if sys.argv[1:] == ["--compare"]:
        from expert_transformers import differences
        for name, difference in differences(FAMILIES, tensors_of, logits):
            print(f"{name}: logits differ by {difference:.2e} at most")
        return
    json.dump({"ids": IDS, "halves": {}, "models": [model(family) for family in FAMILIES]}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
