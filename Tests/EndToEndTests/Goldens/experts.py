#!/usr/bin/env python3
"""Logits of a small random model of each family with experts, in float64: what experts.json was made with.

usage: experts.py > experts.json      needs the PyPI package numpy, and gguf for a module it shares
       experts.py --compare           with the same models in PyPI's transformers, in float64; needs torch, too

families.py says how tensors are made; those of all experts are one, expert after expert.
"""
import json
import sys

import numpy as np
from families import F32, IDS, POLICIES, VOCABULARY, WIDTH, count, matrix, number, window
from family_reference import Family, Layer, Model
from random_models import norm

LAYERS, EPSILON = 3, 1e-6
# Experts, those of a token, numbers inside each, numbers inside the shared one.
COUNT, USED, INNER, SHARED = 6, 2, 40, 56
# gpt-oss's local layers, and its YaRN: by how much it stretches which length.
WINDOW, STRETCH, ORIGINAL = 13, 4.0, 1024
ALPHA, LIMIT = F32(1.702), 7.0


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(gate, up):
    return gate * sigmoid(gate) * up


def clamped(gate, up):
    gate = np.minimum(gate, LIMIT)
    return gate * sigmoid(ALPHA * gate) * (np.clip(up, -LIMIT, LIMIT) + 1)


class Mixture(Model):
    """A decoder of layers with experts. `normalizes`: whether a token's weights add up to 1."""

    def __init__(self, family, tensors, normalizes):
        super().__init__(family, tensors)
        self.normalizes = normalizes

    def expert(self, blk, name, e):
        """Matrix and bias of an expert."""
        stacked = self.tensors[f"{blk}{name}_exps.weight"]
        bias = self.tensors.get(f"{blk}{name}_exps.bias")
        return stacked.reshape(COUNT, -1, stacked.shape[1])[e].T, 0 if bias is None else bias[e]

    def fed(self, h, blk):
        gated = clamped if self.family.name == "gpt-oss" else silu
        shares = softmax(self.linear(h, blk + "ffn_gate_inp"))
        result = np.zeros_like(h)
        for row, share in enumerate(shares):
            chosen = np.argsort(-share, kind="stable")[:USED]
            total = share[chosen].sum() if self.normalizes else 1
            for e in chosen:
                gate, up = (
                    h[row] @ weight + bias
                    for weight, bias in (self.expert(blk, "ffn_gate", e), self.expert(blk, "ffn_up", e)))
                weight, bias = self.expert(blk, "ffn_down", e)
                result[row] += share[e] / total * (gated(gate, up) @ weight + bias)
        router = self.tensors.get(blk + "ffn_gate_inp_shexp.weight")
        if router is None:
            return result
        inner = silu(self.linear(h, blk + "ffn_gate_shexp"), self.linear(h, blk + "ffn_up_shexp"))
        return result + sigmoid(h @ router)[:, None] * self.linear(inner, blk + "ffn_down_shexp")


def directory(family, norms=("attn_norm", "ffn_norm"), biases=(), head_norms=False, shared=False, sinks=False):
    """Name, columns, rows (1 for a vector) and experts of each tensor."""
    size = family.size
    queries, keys = family.heads * size, family.kv_heads * size
    matrices = [
        ("attn_q", WIDTH, queries, 1), ("attn_k", WIDTH, keys, 1), ("attn_v", WIDTH, keys, 1),
        ("attn_output", queries, WIDTH, 1), ("ffn_gate_inp", WIDTH, COUNT, 1), ("ffn_gate_exps", WIDTH, INNER, COUNT),
        ("ffn_up_exps", WIDTH, INNER, COUNT), ("ffn_down_exps", INNER, WIDTH, COUNT),
    ]
    if shared:
        matrices += [
            ("ffn_gate_inp_shexp", WIDTH, 1, 1), ("ffn_gate_shexp", WIDTH, SHARED, 1),
            ("ffn_up_shexp", WIDTH, SHARED, 1), ("ffn_down_shexp", SHARED, WIDTH, 1),
        ]
    listed = [(name + ".weight", WIDTH, 1, 1) for name in norms]
    listed += [(name + ".weight", *sizes) for name, *sizes in matrices]
    # Those of all experts are a row each.
    listed += [
        (name + ".bias", rows, experts, 1) for name, _, rows, experts in matrices if name in biases or biases == "all"
    ]
    if head_norms:
        listed += [("attn_q_norm.weight", size, 1, 1), ("attn_k_norm.weight", size, 1, 1)]
    if sinks:
        listed.append(("attn_sinks.weight", family.heads, 1, 1))
    family.tensors = [("token_embd.weight", WIDTH, VOCABULARY, 1)]
    for layer in range(len(family.layers)):
        family.tensors += [(f"blk.{layer}.{name}", *sizes) for name, *sizes in listed]
    family.tensors += [("output_norm.weight", WIDTH, 1, 1), ("output.weight", WIDTH, VOCABULARY, 1)]
    return family


def yarn(base, size):
    """What each pair's frequency is divided by. The ramp begins and ends between pairs."""
    def pair(rotations):
        return size * np.log(ORIGINAL / (rotations * 2 * np.pi)) / (2 * np.log(base))

    low, high = max(pair(32), 0), min(pair(1), size - 1)
    kept = 1 - np.clip((np.arange(size // 2) - low) / (high - low), 0, 1)
    return 1 / (kept + (1 - kept) / STRETCH)


def families():
    """Each family, and whether the weights of its experts add up to 1."""
    def plain(base):
        return [Layer(base)] * LAYERS

    qkv = ("attn_q", "attn_k", "attn_v")
    yield directory(Family("llama", 24, plain(10000.0))), True
    yield directory(Family("qwen2moe", 24, plain(1e6), half_split=True), biases=qkv, shared=True), False
    yield directory(Family("qwen3moe", 40, plain(1e6), half_split=True), head_norms=True), True
    base, factors = 150000.0, yarn(150000.0, 24)
    layers = [Layer(base, factors, WINDOW if i % 2 == 0 else None, local=i % 2 == 0) for i in range(4)]
    scaling = [
        number("rope.scaling.factor", STRETCH), count("rope.scaling.original_context_length", ORIGINAL),
        {"key": "rope.scaling.type", "text": "yarn"},
    ]
    yield directory(
        Family("gpt-oss", 24, layers, half_split=True, magnitude=0.1 * np.log(STRETCH) + 1,
               fields=[window(WINDOW)] + scaling),
        norms=("attn_norm", "post_attention_norm"), biases="all", sinks=True), True


def tensor(place, name, columns, rows, experts):
    if rows > 1:
        return matrix(place, columns, rows * experts)
    return norm(columns) - (not name.endswith("norm.weight"))


def arrays(family):
    return {entry[0]: tensor(place, *entry) for place, entry in enumerate(family.tensors, 1)}


def golden(family, normalizes):
    model = Mixture(family, arrays(family), normalizes)
    counts = {
        "block_count": len(family.layers), "attention.key_length": family.size,
        "attention.value_length": family.size, "expert_count": COUNT, "expert_used_count": USED,
        "expert_feed_forward_length": INNER, "expert_shared_feed_forward_length": SHARED,
    }
    return {
        "name": family.name, "architecture": family.name, "feed_forward": INNER,
        "runs": [
            {
                "group_size": group_size, "neighbor_window": neighbors,
                "logits": [round(float(x), 5) for x in model.logits(IDS, group_size, neighbors)[-1]],
            } for group_size, neighbors in POLICIES
        ],
        "fields": [count(*entry) for entry in counts.items()] + [
            number("rope.freq_base", family.layers[0].base), number("attention.layer_norm_rms_epsilon", EPSILON),
        ] + family.fields,
        "tensors": [
            {"name": n, "type": "F32", "columns": c, "rows": r} | ({"experts": e} if e > 1 else {})
            for n, c, r, e in family.tensors
        ],
    }


def main():
    if sys.argv[1:] == ["--compare"]:
        from expert_transformers import difference
        for family, normalizes in families():
            tensors = arrays(family)
            logits = Mixture(family, tensors, normalizes).logits(IDS, 1, 0)
            print(f"{family.name}: logits differ by {difference(family, tensors, logits):.2e} at most")
        return
    models = [golden(*entry) for entry in families()]
    json.dump({"ids": IDS, "halves": {}, "models": models}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
