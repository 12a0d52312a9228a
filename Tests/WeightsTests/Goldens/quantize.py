#!/usr/bin/env python3
"""Rows rounded by PyPI's gguf: what quantize.json was made with.

usage: quantize.py > quantize.json      needs the PyPI packages numpy and gguf

Number i is word i of 16 bits, signed, from SplitMix64's words under seed 1, times two to the power of (i / 32 mod 24) - 30; the
first block is zeros.
"""
import json
import pathlib
import sys

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import quantize

sys.path.append(str(pathlib.Path(__file__).parents[2] / "EndToEndTests/Goldens"))
from random_models import random_bytes  # noqa: E402

COUNT = 1024


def main():
    index = np.arange(COUNT)
    numbers = random_bytes(1, 2 * COUNT).view("<i2").astype(np.float32) * np.exp2(index // 32 % 24 - 30).astype(np.float32)
    numbers[:32] = 0
    golden = {name: quantize(numbers.reshape(1, -1), GGMLQuantizationType[name]).tobytes().hex()
              for name in ("F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "Q5_1")}
    json.dump(golden, sys.stdout, indent=0)
    print()


if __name__ == "__main__":
    main()
