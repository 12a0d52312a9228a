"""Measures a GGUF file of the demo model: hidden keys inside and beyond the window, perplexity, sample text.

Attention is computed from SelfExtend's definition, with both score matrices in full: slow and plain on purpose.
Prompts are made from what training never saw: held-out keys, the last 5 % of each book, stories of another seed.
"""

import argparse
import json
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

from corpus import Filler, read_books, test_prompt
from gguf_model import read_gguf
from model import DemoModel, SelfExtend

PLAIN = SelfExtend(1, 64)


@torch.no_grad()
def greedy(model: DemoModel, ids: list[int], extend: SelfExtend, most: int, end: int) -> list[int]:
    made: list[int] = []
    while len(made) < most:
        following = int(model(torch.tensor([ids + made]), extend, last=1)[0, 0].argmax())
        if following == end:
            break
        made.append(following)
    return made


@torch.no_grad()
def sample(model: DemoModel, tokenizer, text: str, most: int, heat: float, generator: torch.Generator) -> str:
    ids = [tokenizer.start] + tokenizer.encode(text)
    for _ in range(most):
        odds = (model(torch.tensor([ids]), PLAIN, last=1)[0, 0] / heat).softmax(-1)
        following = int(torch.multinomial(odds, 1, generator=generator))
        if following == tokenizer.end:
            break
        ids.append(following)
    return tokenizer.decode(ids[1:]).strip()


@torch.no_grad()
def found(model: DemoModel, tokenizer, prompt: str, key: str, extend: SelfExtend) -> bool:
    """Whether greedy decoding gives the key and its full stop: each token is the likeliest after those before."""
    answer = tokenizer.encode(key + ".")
    ids = [tokenizer.start] + tokenizer.encode(prompt) + answer
    likeliest = model(torch.tensor([ids[:-1]]), extend, last=len(answer))[0].argmax(-1)
    return likeliest.tolist() == answer


def keys_found(model, tokenizer, filler: Filler, total: int, prompts: int, ways: list[SelfExtend]) -> list[float]:
    """Share of keys found in prompts of `total` tokens, start and answer included, for each way of attending."""
    rng = Random(1000 + total)
    right = [0] * len(ways)
    for number in range(prompts):
        prompt, key = test_prompt(
            filler, total - 9, lambda s: len(tokenizer.encode(s)), rng, depth=number / max(1, prompts - 1))
        for place, way in enumerate(ways):
            right[place] += found(model, tokenizer, prompt, key, way)
    return [r / prompts for r in right]


@torch.no_grad()
def perplexity(model: DemoModel, ids: list[int], start: int, length: int, extend: SelfExtend) -> float:
    """Of the last 64 tokens of pieces of `length`; pieces of all lengths end at the same 40 places."""
    total, pieces, longest = 0.0, 40, 8 * model.shape.window
    for number in range(pieces):
        end = longest + number * (len(ids) - longest) // pieces
        piece = torch.tensor([[start] + ids[end - length:end]])
        total += F.cross_entropy(model(piece[:, :-1], extend, last=64)[0], piece[0, -64:]).item()
    return float(torch.tensor(total / pieces).exp())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--text-dir", type=Path, required=True, help="folder with the five books")
    parser.add_argument("--prompts", type=int, default=100, help="prompts for each length up to the window")
    parser.add_argument("--long-prompts", type=int, default=40, help="prompts for each longer length")
    parser.add_argument("--grid", action="store_true", help="other group sizes and windows as well")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began = time.monotonic()
    model, tokenizer = read_gguf(options.model)
    _, held_out = read_books(options.text_dir)
    filler, window = Filler(held_out), model.shape.window
    figures: dict[str, object] = {}

    def note(name: str, figure) -> None:
        figures[name] = figure
        print(f"{name}: {figure}", flush=True)

    for total in (window // 4, window // 2, window):
        share = keys_found(model, tokenizer, filler, total, options.prompts, [PLAIN])[0]
        note(f"keys found, {total} tokens, plain", share)
    for times in (2, 4, 8):
        total = times * window
        ways = [PLAIN, SelfExtend.automatic(total, window)]
        if options.grid:
            ways += [SelfExtend(g, w) for w in (32, 64) for g in (8, 16, 32) if g * (window - w + w // g) >= total]
        for way, share in zip(ways, keys_found(model, tokenizer, filler, total, options.long_prompts, ways)):
            note(f"keys found, {total} tokens, " + ("plain" if way == PLAIN else f"G={way.group} w={way.neighbors}"),
                 share)

    ids = [i for book in held_out for s in book for i in tokenizer.encode(s)]
    for times in (1, 2, 4, 8):
        for way in {PLAIN, SelfExtend.automatic(times * window, window)}:
            note(f"perplexity of books, {times * window} tokens, G={way.group} w={way.neighbors}",
                 round(perplexity(model, ids, tokenizer.start, times * window, way), 2))
    generator = torch.Generator().manual_seed(7)
    for text in ("Once there was a girl called", "Once there was a boy called", "It was a dark night, and"):
        note(f"text after \"{text}\"", sample(model, tokenizer, text, 80, 0.7, generator))
    note("minutes", round((time.monotonic() - began) / 60, 1))
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
