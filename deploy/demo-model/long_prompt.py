"""Writes a prompt longer than the window that SelfExtend answers and plain attention does not.

The text around the key is made from templates alone. Prompts are tried in the order of their seeds,
until plain attention gets at most two digits right: so rounding on another machine will not turn it.
"""

import argparse
import re
from pathlib import Path
from random import Random

import torch

from corpus import STATEMENTS, QUESTION, is_held_out, story
from evaluate import PLAIN, greedy
from gguf_model import read_gguf
from model import SelfExtend


def candidate(seed: int, tokens: int, count) -> tuple[str, str]:
    """(prompt, key): the key after a tenth of the stories."""
    rng = Random(seed)
    key = rng.randrange(10000, 100000)
    while not is_held_out(key):
        key = rng.randrange(10000, 100000)
    parts = [STATEMENTS[0].format(n=key), QUESTION]
    around: list[str] = []
    while True:
        following = re.split(r"(?<=[.!?\"]) (?=[A-Z\"])", story(rng))
        if sum(count(p) for p in parts + around + following) > tokens:
            break
        around += following
    at = len(around) // 10
    return " ".join(around[:at] + parts[:1] + around[at:] + parts[1:]), str(key)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tokens", type=int, default=850)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = read_gguf(options.model)
    for seed in range(100):
        prompt, key = candidate(seed, options.tokens, lambda s: len(tokenizer.encode(s)))
        ids = [tokenizer.start] + tokenizer.encode(prompt)
        plain = tokenizer.decode(greedy(model, ids, PLAIN, 8, tokenizer.end))
        if sum(a == b for a, b in zip(plain.strip(), key)) > 2:
            continue
        ways = [SelfExtend.automatic(len(ids) + more, model.shape.window) for more in (8, 64, 128)]
        answers = [tokenizer.decode(greedy(model, ids, way, 8, tokenizer.end)) for way in ways]
        print(f"seed {seed}, {len(ids)} tokens, key {key}: "
              + ", ".join(f"G={w.group} w={w.neighbors} -> {a!r}" for w, a in zip(ways, answers))
              + f", plain -> {plain!r}", flush=True)
        if all(a == f" {key}." for a in answers):
            options.output.write_text(prompt)
            return
    raise SystemExit("no prompt is answered by SelfExtend alone")


if __name__ == "__main__":
    main()
