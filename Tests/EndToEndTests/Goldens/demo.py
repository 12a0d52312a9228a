#!/usr/bin/env python3
"""Logits of the demo model that comes with the program, in float64: what demo.json was made with.

usage: demo.py > demo.json      needs the PyPI packages numpy and gguf

Each prompt is encoded here, by SentencePiece's rule, and computed from the file's own numbers: the model is trained, so
an error that random weights forgive (a turn by a wrong angle, a group off by one) changes what it answers. A case keeps
every 16th logit after the prompt, the eight greatest, and the greedy continuation with each token's lead.
"""
import json
import pathlib
import sys

import numpy as np
from reference import logits_of, read

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = ROOT / "Sources/longhaul/Resources/longhaul-demo.gguf"
LONG = "deploy/demo-model/prompt-long.txt"
STORY = "Once upon a time there was a boy called Leo. He lived in a pretty house near the"
KEY = "Leo liked to eat eggs with his brother. The pass key is 48213. Remember it. 48213 is the pass key. " \
    "Before sunrise the stars were bright. What is the pass key? The pass key is"
PLAIN = (1, 0)
# Name, text or a file of the tree, policies (G, w). The long prompt is three trained windows: (5, 64) and (8, 128) hold it,
# plain attention goes beyond what the model was trained for and must still be computed as defined.
PROMPTS = [
    ("story", STORY, [PLAIN, (4, 8)]),
    ("key", KEY, [PLAIN, (3, 16)]),
    ("long", LONG, [PLAIN, (5, 64), (8, 128)]),
]
STRIDE, GREATEST, GREEDY = 16, 8, 6


def encoded(text, pieces, scores):
    """Merges the pair of neighbors with the best score, leftmost first, until none is left."""
    ids = {piece: place for place, piece in enumerate(pieces)}
    parts = list("▁" + text.replace(" ", "▁"))
    while True:
        pairs = [(scores[ids[a + b]], -at) for at, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in ids]
        if not pairs:
            break
        at = -max(pairs)[1]
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    return [1] + [ids[part] for part in parts]


def main():
    tensors, field, metadata = read(MODEL)
    base = float(field("rope.freq_base"))
    pieces, scores = metadata("tokenizer.ggml.tokens"), metadata("tokenizer.ggml.scores")
    prompts = []
    for name, source, policies in PROMPTS:
        file = source if (ROOT / source).is_file() else None
        ids = encoded((ROOT / file).read_text() if file else source, pieces, scores)
        runs = []
        for group_size, window in policies:
            tokens, leads, first = list(ids), [], None
            for _ in range(GREEDY):
                logits = logits_of(tensors, field, tokens, group_size, window, base=base)[-1]
                first = logits if first is None else first
                order = np.argsort(-logits)
                tokens.append(int(order[0]))
                leads.append(round(float(logits[order[0]] - logits[order[1]]), 4))
            runs.append({
                "group_size": group_size, "neighbor_window": window,
                "logits": [round(float(x), 5) for x in first[::STRIDE]],
                "greatest": [{"id": int(i), "logit": round(float(first[i]), 5)} for i in np.argsort(-first)[:GREATEST]],
                "greedy": tokens[len(ids):], "leads": leads,
            })
        prompts.append({"name": name, "text": None if file else source, "file": file, "ids": ids, "runs": runs})
    json.dump({"stride": STRIDE, "prompts": prompts}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
