#!/usr/bin/env python3
"""What the PyPI package gguf makes of random quantized blocks: how blocks.json was made.

usage: blocks.py [SEED] > blocks.json      needs the PyPI packages numpy and gguf; the committed file has seed 1

Random bytes are SplitMix64's words in order, little-endian, BLOCKS blocks of each type one after the other, the top
exponent bit of each f16 cleared so that no scale is infinite or NaN. The digest of n values with bit patterns b is the
sum of (b[i] + 1) * (2 i + 1) modulo 2^64.
"""
import json
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

BLOCKS = 500
# Where each type's blocks hold an f16.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": [],
    "IQ1_S": [0], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0], "TQ1_0": [52],
    "TQ2_0": [64],
    # The last word that has bits of one.
    "IQ1_M": [54],
}


def random_bytes(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count // 8 + 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))).astype("<u8").view(np.uint8)[:count].copy()


def case(seed, name, halves):
    kind = GGMLQuantizationType[name]
    elements, size = GGML_QUANT_SIZES[kind]
    blocks = random_bytes(seed, BLOCKS * size).reshape(BLOCKS, size)
    for at in halves:
        blocks[:, at + 1] &= 0xBF
    values = dequantize(blocks, kind).astype("<f4").reshape(-1)
    bits = values.view("<u4").astype(np.uint64)
    with np.errstate(over="ignore"):
        digest = ((bits + np.uint64(1)) * (np.uint64(2) * np.arange(len(bits), dtype=np.uint64) + np.uint64(1))).sum()
    return {
        "name": name, "number": int(kind), "elements": elements, "bytes": size, "halves": halves, "blocks": BLOCKS,
        "first_block": blocks[0].tobytes().hex(), "first_values": values[:elements].tobytes().hex(),
        "digest": f"{int(digest):016x}",
    }


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    json.dump({"seed": seed, "types": [case(seed, *item) for item in HALVES.items()]}, sys.stdout, indent=1)
    print()


main()
