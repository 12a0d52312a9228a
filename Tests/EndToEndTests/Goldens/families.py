#!/usr/bin/env python3
"""Logits of a small random model of each family, in float64: what families.json was made with.

usage: families.py > families.json      needs the PyPI package numpy, and gguf for the module it shares

../RandomModel.swift writes the models, byte for byte. Number j of a matrix is word j of 16 bits, signed, over 2^19,
from SplitMix64's words, seeded by a tensor's place in the directory (from 1); number j of a norm is
1 + (37 j mod 64 - 32) / 64, of a bias the same less 1.
"""
import json
import sys

import numpy as np
from random_models import norm, random_bytes
from reference import logits_of

WIDTH, HEADS, KV_HEADS, LAYERS, FEED_FORWARD, VOCABULARY, EPSILON = 96, 4, 2, 3, 160, 96, 1e-6
IDS = [(7 * i + 3) % VOCABULARY for i in range(48)]


def matrix(place, columns, rows):
    numbers = random_bytes(place, 2 * columns * rows).view("<i2").astype(np.float64) / 2**19
    return numbers.reshape(rows, columns)


def directory(size, tied, biases=(), head_norms=False):
    """Name, columns and rows (1 for a vector) of each tensor."""
    tensors = [("token_embd.weight", WIDTH, VOCABULARY)]
    for layer in range(LAYERS):
        matrices = [
            ("attn_q", WIDTH, HEADS * size), ("attn_k", WIDTH, KV_HEADS * size), ("attn_v", WIDTH, KV_HEADS * size),
            ("attn_output", HEADS * size, WIDTH), ("ffn_gate", WIDTH, FEED_FORWARD), ("ffn_up", WIDTH, FEED_FORWARD),
            ("ffn_down", FEED_FORWARD, WIDTH),
        ]
        listed = [("attn_norm.weight", WIDTH, 1), ("ffn_norm.weight", WIDTH, 1)]
        listed += [(name + ".weight", columns, rows) for name, columns, rows in matrices]
        listed += [(name + ".bias", rows, 1) for name, _, rows in matrices if name in biases]
        if head_norms:
            listed += [("attn_q_norm.weight", size, 1), ("attn_k_norm.weight", size, 1)]
        tensors += [(f"blk.{layer}.{name}", columns, rows) for name, columns, rows in listed]
    tensors.append(("output_norm.weight", WIDTH, 1))
    return tensors if tied else tensors + [("output.weight", WIDTH, VOCABULARY)]


FAMILIES = [
    # Name, size of a head, RoPE's base, whether its pairs are half a head apart, tensors.
    ("llama", 24, 10000.0, False, directory(24, False)),
    ("qwen2", 24, 1e6, True, directory(24, True, biases=("attn_q", "attn_k", "attn_v"))),
    ("qwen3", 40, 1e6, True, directory(40, True, head_norms=True)),
]


def main():
    fields = {
        "attention.head_count": HEADS, "attention.head_count_kv": KV_HEADS, "embedding_length": WIDTH,
        "attention.layer_norm_rms_epsilon": EPSILON, "block_count": LAYERS,
    }
    models = []
    for name, size, base, half_split, listed in FAMILIES:
        tensors = {
            full: matrix(place, columns, rows) if rows > 1 else norm(columns) - full.endswith(".bias")
            for place, (full, columns, rows) in enumerate(listed, 1)
        }
        runs = []
        for group_size, window in ((1, 0), (4, 8)):
            logits = logits_of(tensors, fields.__getitem__, IDS, group_size, window, size, base, half_split)[-1]
            runs.append({
                "group_size": group_size, "neighbor_window": window, "logits": [round(float(x), 5) for x in logits],
            })
        models.append({
            "name": name, "feed_forward": FEED_FORWARD, "runs": runs,
            "fields": [
                {"key": "block_count", "count": LAYERS}, {"key": "attention.key_length", "count": size},
                {"key": "attention.value_length", "count": size}, {"key": "rope.freq_base", "number": base},
                {"key": "attention.layer_norm_rms_epsilon", "number": EPSILON},
            ],
            "tensors": [{"name": n, "type": "F32", "columns": c, "rows": r} for n, c, r in listed],
        })
    json.dump({"ids": IDS, "halves": {}, "models": models}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
