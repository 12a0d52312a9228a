#!/usr/bin/env python3
"""Logits of random models in every quantization, in float64: what random_models.json was made with.

usage: random_models.py > random_models.json      needs the PyPI packages numpy and gguf

../../Fixtures/RandomModels.swift writes the models, byte for byte: SplitMix64's words, seeded by a tensor's place in
the directory (from 1), with the floats of every block set so that weights spread around 0 by about 0.03; number j of a norm is
1 + (37 j mod 64 - 32) / 64. Rows of 256 take every type. Q4_K_M mixes what llama.cpp's recipe of that name does; its
fallback for rows that are not whole blocks of 256 is in the model with a feed-forward size of 288. UD-IQ2_XXS is a mix of
the types with grids and others.
"""
import json
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize
from reference import logits_of

WIDTH, HEADS, KV_HEADS, LAYERS, VOCABULARY, EPSILON = 256, 4, 2, 4, 96, 1e-5
# Floats of a block: offset, value.
FLOATS = {
    "Q4_0": [(0, 2.0**-7)], "Q4_1": [(0, 2.0**-7), (2, -7.5 * 2.0**-7)], "Q5_0": [(0, 2.0**-8)],
    "Q5_1": [(0, 2.0**-8), (2, -15.5 * 2.0**-8)], "Q8_0": [(0, 2.0**-11)], "IQ4_NL": [(0, 2.0**-11)],
    "Q2_K": [(80, 2.0**-9), (82, 1.5 * 2.0**-9)], "Q3_K": [(108, 2.0**-10)],
    "Q4_K": [(0, 2.0**-13), (2, 7.5 * 2.0**-13)], "Q5_K": [(0, 2.0**-14), (2, 15.5 * 2.0**-14)],
    "Q6_K": [(208, 2.0**-15)], "IQ4_XS": [(0, 2.0**-15)], "MXFP4": [],
    "IQ1_S": [(0, 2.0**-8)], "IQ2_XXS": [(0, 2.0**-11)], "IQ2_XS": [(0, 2.0**-11)], "IQ2_S": [(0, 2.0**-11)],
    "IQ3_XXS": [(0, 2.0**-12)], "IQ3_S": [(0, 2.0**-12)], "TQ1_0": [(52, 2.0**-5)], "TQ2_0": [(64, 2.0**-6)],
    # 2^-8 in four times four bits, each behind four scales of three bits.
    "IQ1_M": [
        (48 + 2 * part, float(np.uint16((0x1C00 >> 4 * part & 15) << 12 | 0o5312).view(np.float16))) for part in range(4)
    ],
}
# The power of two that begins a block: half of it is 2^-8.
POWERS = {"MXFP4": 120}
IDS = [(7 * i + 3) % VOCABULARY for i in range(48)]


def random_bytes(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, (count + 7) // 8 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))).astype("<u8").view(np.uint8)[:count].copy()


def matrix(place, kind, columns, rows):
    elements, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    blocks = random_bytes(place, columns // elements * rows * size).reshape(-1, size)
    for offset, value in FLOATS[kind]:
        blocks[:, offset:offset + 2] = np.array([value], "<f2").view(np.uint8)
    if kind in POWERS:
        blocks[:, 0] = POWERS[kind]
    return dequantize(blocks, GGMLQuantizationType[kind]).astype(np.float64).reshape(rows, columns)


def norm(count):
    return 1 + ((np.arange(count) * 37) % 64 - 32) / 64


def q4_k_m(name, layer, columns):
    """The type that llama.cpp's Q4_K_M gives a matrix of this model."""
    eighth = LAYERS // 8
    more = layer is not None and (layer < eighth or layer >= 7 * LAYERS // 8 or (layer - eighth) % 3 == 2)
    kind = "Q6_K" if name == "output" or more and name in ("attn_v", "ffn_down") else "Q4_K"
    return kind if columns % 256 == 0 else {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}[kind]


def ud_iq2_xxs(name, layer, columns):
    """A mix as files have that are made for the fewest bits."""
    if name == "ffn_down":
        return "IQ3_S" if layer == 0 else "IQ2_S"
    return {
        "token_embd": "Q2_K", "output": "Q5_K", "attn_v": "Q4_K", "attn_output": "IQ3_XXS", "attn_k": "IQ2_XS",
        "ffn_gate": "IQ1_M", "ffn_up": "IQ1_S" if layer == 1 else "TQ1_0" if layer == 2 else "TQ2_0",
    }.get(name, "IQ2_XXS")


MIXES = {"Q4_K_M": q4_k_m, "UD-IQ2_XXS": ud_iq2_xxs}


def directory(kind, feed_forward, tied):
    """Name, type, columns and rows (1 for a norm) of each tensor."""
    tensors = []

    def add(name, columns, rows=1, layer=None):
        full = (f"blk.{layer}." if layer is not None else "") + name + ".weight"
        chosen = "F32" if rows == 1 else MIXES[kind](name, layer, columns) if kind in MIXES else kind
        tensors.append((full, chosen, columns, rows))

    size = WIDTH // HEADS * KV_HEADS
    add("token_embd", WIDTH, VOCABULARY)
    for layer in range(LAYERS):
        add("attn_norm", WIDTH, layer=layer)
        add("attn_q", WIDTH, WIDTH, layer)
        add("attn_k", WIDTH, size, layer)
        add("attn_v", WIDTH, size, layer)
        add("attn_output", WIDTH, WIDTH, layer)
        add("ffn_norm", WIDTH, layer=layer)
        add("ffn_gate", WIDTH, feed_forward, layer)
        add("ffn_up", WIDTH, feed_forward, layer)
        add("ffn_down", feed_forward, WIDTH, layer)
    add("output_norm", WIDTH)
    if not tied:
        add("output", WIDTH, VOCABULARY)
    return tensors


def main():
    fields = {
        "attention.head_count": HEADS, "attention.head_count_kv": KV_HEADS, "embedding_length": WIDTH,
        "attention.layer_norm_rms_epsilon": EPSILON, "block_count": LAYERS,
    }
    models = []
    for kind, feed_forward, tied in [(kind, 256, True) for kind in FLOATS] + [
        ("Q4_K_M", 512, False), ("Q4_K_M", 288, False), ("UD-IQ2_XXS", 256, False)
    ]:
        listed = directory(kind, feed_forward, tied)
        tensors = {
            name: norm(columns) if rows == 1 else matrix(place, chosen, columns, rows)
            for place, (name, chosen, columns, rows) in enumerate(listed, 1)
        }
        runs = []
        for group_size, window in ((1, 0), (4, 8)):
            logits = logits_of(tensors, fields.__getitem__, IDS, group_size, window)[-1]
            runs.append({
                "group_size": group_size, "neighbor_window": window, "logits": [round(float(x), 5) for x in logits],
            })
        models.append({
            "name": kind, "feed_forward": feed_forward, "runs": runs,
            "tensors": [{"name": n, "type": t, "columns": c, "rows": r} for n, t, c, r in listed],
        })
    halves = {
        kind: [{"offset": at, "bits": int(np.array(value, "<f2").view("<u2"))} for at, value in floats]
        for kind, floats in FLOATS.items()
    }
    json.dump({"ids": IDS, "halves": halves, "powers": POWERS, "models": models}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
