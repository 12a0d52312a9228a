"""Trains the demo model from scratch on one CPU core; see README.md.

Batches hold rows of one length. Short rows come first: copying is learned sooner where there is little to look
through. Some rows are prose and some hide a number; what they ask for counts as much in the loss as all prose.
"""

import argparse
import json
import math
import platform
import time
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy
import sentencepiece
import torch
import torch.nn.functional as F

from corpus import BOOKS, Filler, Keys, hidden_key, labelled_numbers, read_books, story, test_prompt
from model import DemoModel, SelfExtend, Shape
from vocabulary import END, START, train_vocabulary

# What a target is: in no loss, prose, or part of an answer.
IGNORED, PROSE, ANSWER = 0, 1, 2


class Rows:
    """Makes the rows of every batch: ids, and of each id what it is as a target."""

    def __init__(self, tokenizer, books: list[list[str]], seed: int, share: float):
        self.share = share
        self.rng = Random(seed)
        self.tokenizer = tokenizer
        self.books = books
        self.filler = Filler(books)
        self.keys = Keys(Random(seed + 1))
        self.counts: dict[str, int] = {}

    def count(self, text: str) -> int:
        if text not in self.counts:
            if len(self.counts) > 200_000:
                self.counts.clear()
            self.counts[text] = len(self.tokenizer.encode(text))
        return self.counts[text]

    def prose(self, length: int) -> tuple[list[int], list[int]]:
        ids = [START]
        if self.rng.random() < 0.5:
            while len(ids) <= length:
                ids += self.tokenizer.encode(story(self.rng)) + [END]
        else:
            book = self.rng.choice(self.books)
            at = self.rng.randrange(len(book) - 60)
            while len(ids) <= length:
                ids += self.tokenizer.encode(book[at])
                at += 1
        ids = ids[: length + 1]
        return ids, [PROSE] * len(ids)

    def retrieval(self, length: int) -> tuple[list[int], list[int]]:
        ids = before = [START] * (length + 2)
        while len(ids) > length + 1:
            if self.rng.random() < 0.7:
                prompt, answer = hidden_key(self.keys, self.filler, length, self.count, self.rng)
            else:
                prompt, answer = labelled_numbers(self.filler, length, self.count, self.rng)
            before = [START] + self.tokenizer.encode(prompt)
            ids = before + self.tokenizer.encode(answer.lstrip()) + [END]
        kind = [PROSE] * len(before) + [ANSWER] * (len(ids) - len(before))
        self.forgive_guesses(ids, kind)
        padding = length + 1 - len(ids)
        return ids + [END] * padding, kind + [IGNORED] * padding

    def forgive_guesses(self, ids: list[int], kind: list[int]) -> None:
        """No loss for the digits of a number that has not been seen yet: they cannot be known."""
        seen, number, places = set(), "", []
        for place, piece in enumerate(self.tokenizer.id_to_piece(ids) + [""]):
            if piece.isdigit():
                number += piece
                places.append(place)
            elif number:
                for p in places if number not in seen else ():
                    kind[p] = IGNORED
                seen.add(number)
                number, places = "", []

    def batch(self, rows: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        asked = round(rows * self.share)
        made = [self.retrieval(length) for _ in range(asked)] + [self.prose(length) for _ in range(rows - asked)]
        return torch.tensor([ids for ids, _ in made]), torch.tensor([kind for _, kind in made])


def row_length(progress: float, window: int, rng: Random) -> int:
    """Tokens in a row: short at first, then of all lengths up to the window, half of them whole windows."""
    if progress < 0.2:
        return rng.choice((48, 64))
    if progress < 0.35:
        return rng.choice((64, 96, 128))
    return rng.choice((64, 128, 192, window, window, window))


def rate(progress: float, step: int, fall: float) -> float:
    """Share of the full learning rate: a short rise, a plateau, a straight fall to nothing in the last `fall`."""
    return min(1.0, (step + 1) / 60) * min(1.0, max(0.0, (1 - progress) / fall))


def orthogonalised(m: torch.Tensor) -> torch.Tensor:
    """The nearest matrix with singular values of about 1, for a stack of matrices: five quintic Newton steps."""
    tall = m.shape[-2] > m.shape[-1]
    x = m.transpose(-1, -2) if tall else m
    x = (x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        square = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    x = x.float()
    return x.transpose(-1, -2) if tall else x


class MatrixMomentum:
    """Momentum whose steps are orthogonalised (the Muon method), for the matrices inside the blocks."""

    def __init__(self, weights: list[torch.Tensor], momentum: float = 0.95):
        self.momentum = momentum
        self.groups: dict[torch.Size, list[torch.Tensor]] = {}
        for w in weights:
            self.groups.setdefault(w.shape, []).append(w)
        self.velocity = {s: torch.zeros(len(ws), *s) for s, ws in self.groups.items()}

    @torch.no_grad()
    def step(self, lr: float, decay: float) -> None:
        for size, weights in self.groups.items():
            gradient = torch.stack([w.grad for w in weights])
            velocity = self.velocity[size].mul_(self.momentum).add_(gradient)
            move = orthogonalised(gradient.add(velocity, alpha=self.momentum))
            scale = lr * max(1.0, size[0] / size[1]) ** 0.5
            for w, m in zip(weights, move):
                w.mul_(1 - lr * decay).sub_(m, alpha=scale)


def loss_of(model: DemoModel, ids: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
    """The mean over prose plus the mean over answers: a few tokens of answer are not lost among hundreds of prose."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(ids[:, :-1])
    each = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    kind = kind[:, 1:].flatten()
    return each[kind == PROSE].mean() + each[kind == ANSWER].mean()


@torch.no_grad()
def answers_exactly(model: DemoModel, tokenizer, prompt: str, key: str, extend: SelfExtend | None) -> bool:
    """Whether greedy decoding gives the key: every token of the answer is the likeliest after those before it."""
    answer = tokenizer.encode(key + ".")
    ids = torch.tensor([[START] + tokenizer.encode(prompt) + answer])
    likeliest = model(ids[:, :-1], extend, last=len(answer)).argmax(-1)[0]
    return likeliest.tolist() == answer


def key_accuracy(model, tokenizer, filler: Filler, length: int, prompts: int, extended: bool, seed: int) -> float:
    rng = Random(seed)
    room = length - 8
    right = 0
    for _ in range(prompts):
        prompt, key = test_prompt(filler, room, lambda s: len(tokenizer.encode(s)), rng)
        extend = SelfExtend.automatic(length, model.shape.window) if extended else None
        right += answers_exactly(model, tokenizer, prompt, key, extend)
    return right / prompts


@torch.no_grad()
def held_out_loss(model: DemoModel, rows: torch.Tensor) -> float:
    """Nats a token of rows (n, window + 1)."""
    total = 0.0
    for part in rows.split(8):
        total += F.cross_entropy(model(part[:, :-1]).flatten(0, 1), part[:, 1:].flatten()).item() * len(part)
    return total / len(rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text-dir", type=Path, required=True, help="folder with the five books")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints; created")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--steps", type=int, default=2000, help="the schedule is laid over these")
    parser.add_argument("--batch-tokens", type=int, default=3072)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--retrieval-share", type=float, default=0.6, help="share of rows that hide a number")
    parser.add_argument("--matrix-rate", type=float, default=0.02)
    parser.add_argument("--other-rate", type=float, default=4e-3)
    parser.add_argument("--fall", type=float, default=0.6, help="share of the schedule in which the rate falls")
    parser.add_argument("--saves", type=int, default=5)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    shape = Shape()
    books, held_out_books = read_books(options.text_dir)

    rng = Random(options.seed)
    filler = Filler(books)
    sample = [s for book in books for s in book] + [story(rng) for _ in range(6000)]
    for _ in range(4000):
        prompt, answer = hidden_key(SampleKeys(rng), filler, 60, lambda s: len(s) // 4, rng)
        sample += (prompt + answer).split("\n")
    tokenizer = train_vocabulary([s for s in sample if s], shape.vocab, options.out / "vocabulary.model")

    held_out = [START] + [i for book in held_out_books for s in book for i in tokenizer.encode(s)]
    held_out = torch.tensor(held_out[: len(held_out) // (shape.window + 1) * (shape.window + 1)])
    held_out = held_out.view(-1, shape.window + 1)[::4].clone()
    held_out[:, 0] = START
    unseen = Filler(held_out_books)

    model = DemoModel(shape)
    matrices = [w for n, w in model.named_parameters() if w.dim() == 2 and "embedding" not in n]
    others = [w for n, w in model.named_parameters() if w.dim() == 1 or "embedding" in n]
    inner = MatrixMomentum(matrices)
    outer = torch.optim.AdamW(others, lr=options.other_rate, betas=(0.9, 0.98), weight_decay=0.0)
    rows = Rows(tokenizer, books, options.seed, options.retrieval_share)
    available = len(rows.keys.left)
    weights = sum(w.numel() for w in model.parameters())
    print(f"{weights} weights, held-out rows {len(held_out)}", flush=True)

    began, step, tokens, smooth = time.monotonic(), 0, 0, None
    log = []

    def save() -> None:
        minutes = (time.monotonic() - began) / 60
        entry = {
            "step": step, "tokens": tokens, "minutes": round(minutes, 1),
            "training_loss": round(smooth, 3), "held_out_loss": round(held_out_loss(model, held_out), 3),
            "keys_64": key_accuracy(model, tokenizer, unseen, 64, 40, False, 5),
            "keys_256": key_accuracy(model, tokenizer, unseen, 256, 40, False, 5),
            "keys_1024_plain": key_accuracy(model, tokenizer, unseen, 1024, 20, False, 5),
            "keys_1024_extended": key_accuracy(model, tokenizer, unseen, 1024, 20, True, 5),
        }
        log.append(entry)
        print(json.dumps(entry), flush=True)
        temporary = options.out / "model.tmp"
        torch.save({"shape": asdict(shape), "weights": model.state_dict()}, temporary)
        temporary.replace(options.out / f"model-{len(log):02d}.pt")
        record = {
            "steps": step, "tokens": tokens, "minutes": round(minutes, 1),
            "pass_keys_used": available - len(rows.keys.left), "weights": weights, "shape": asdict(shape),
            "options": {name: value for name, value in vars(options).items() if name not in ("text_dir", "out")},
            "versions": {"python": platform.python_version(), "torch": torch.__version__,
                         "numpy": numpy.__version__, "sentencepiece": sentencepiece.__version__},
            "books": {name: {"bytes": b, "sha256": d} for name, (b, d) in BOOKS.items()}, "log": log,
        }
        (options.out / "record.json").write_text(json.dumps(record, indent=1) + "\n")

    while step < options.steps:
        progress = step / options.steps
        length = row_length(progress, shape.window, rng)
        ids, kind = rows.batch(max(2, options.batch_tokens // length), length)
        share = rate(progress, step, options.fall)
        loss = loss_of(model, ids, kind)
        if not math.isfinite(loss.item()):
            raise SystemExit(f"the loss of step {step} is not finite")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        inner.step(options.matrix_rate * share, 0.01)
        for group in outer.param_groups:
            group["lr"] = options.other_rate * share
        outer.step()
        model.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids.numel()
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        if step % 20 == 0:
            print(f"step {step} length {length} loss {smooth:.3f} tokens {tokens} "
                  f"minutes {(time.monotonic() - began) / 60:.1f}", flush=True)
        if step * options.saves // options.steps > (step - 1) * options.saves // options.steps:
            save()


class SampleKeys:
    """Any five digits: for the text the vocabulary is learned from, which learns no key."""

    def __init__(self, rng: Random):
        self.rng = rng

    def next(self) -> str:
        return str(self.rng.randrange(10000, 100000))


if __name__ == "__main__":
    main()
