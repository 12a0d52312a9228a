"""Reads a GGUF file of architecture "llama" back: the model in float32 and a tokenizer, from the file alone."""

import re
from pathlib import Path

import gguf
import torch

from export_gguf import MATRICES, NORMS
from model import DemoModel, Shape

SPACE = "\u2581"


class Tokenizer:
    """Merges the pair of neighbors whose joined piece has the best score, the leftmost first.

    Words are encoded one by one: no piece of this vocabulary has a space anywhere but at its start.
    """

    def __init__(self, pieces: list[str], scores: list[float], kinds: list[int], start: int, end: int):
        self.pieces, self.scores, self.kinds = pieces, scores, kinds
        self.start, self.end = start, end
        self.known: dict[str, list[int]] = {}
        self.ids = {piece: i for i, piece in enumerate(pieces) if kinds[i] == gguf.TokenType.NORMAL}
        self.bytes = {piece: i for i, piece in enumerate(pieces) if kinds[i] == gguf.TokenType.BYTE}

    def encode(self, text: str) -> list[int]:
        found = []
        for word in re.findall(f"{SPACE}?[^{SPACE}]*", (" " + text).replace(" ", SPACE) if text else ""):
            if word not in self.known:
                self.known[word] = self.encode_word(word)
            found += self.known[word]
        return found

    def encode_word(self, word: str) -> list[int]:
        parts = list(word)
        while True:
            best = max(
                ((self.scores[self.ids[a + b]], -i) for i, (a, b) in enumerate(zip(parts, parts[1:]))
                 if a + b in self.ids), default=None)
            if best is None:
                break
            i = -best[1]
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        found = []
        for part in parts:
            if part in self.ids:
                found.append(self.ids[part])
            else:
                found += [self.bytes[f"<0x{byte:02X}>"] for byte in part.encode()]
        return found

    def decode(self, ids: list[int]) -> str:
        data = b""
        for i in ids:
            if self.kinds[i] == gguf.TokenType.BYTE:
                data += bytes([int(self.pieces[i][3:5], 16)])
            elif self.kinds[i] == gguf.TokenType.NORMAL:
                data += self.pieces[i].replace(SPACE, " ").encode()
        return data.decode(errors="replace")


def read_gguf(path: Path) -> tuple[DemoModel, Tokenizer]:
    reader = gguf.GGUFReader(path)

    def value(key: str):
        return reader.fields[key].contents()

    pieces = value("tokenizer.ggml.tokens")
    width, heads = value("llama.embedding_length"), value("llama.attention.head_count")
    shape = Shape(
        vocab=len(pieces), width=width, layers=value("llama.block_count"), heads=heads,
        kv_heads=value("llama.attention.head_count_kv"), head_width=width // heads,
        ffn=value("llama.feed_forward_length"), window=value("llama.context_length"),
        rope_base=value("llama.rope.freq_base") if "llama.rope.freq_base" in reader.fields else 10000.0,
        epsilon=value("llama.attention.layer_norm_rms_epsilon"))
    tensors = {t.name: torch.tensor(gguf.dequantize(t.data, t.tensor_type)) for t in reader.tensors}
    weights = {"embedding.weight": tensors["token_embd.weight"], "norm.weight": tensors["output_norm.weight"]}
    for layer in range(shape.layers):
        for ours, theirs in (MATRICES | NORMS).items():
            weights[f"blocks.{layer}.{ours}.weight"] = tensors[f"blk.{layer}.{theirs}.weight"]
    model = DemoModel(shape)
    model.load_state_dict(weights)
    tokenizer = Tokenizer(
        pieces, value("tokenizer.ggml.scores"), value("tokenizer.ggml.token_type"),
        value("tokenizer.ggml.bos_token_id"), value("tokenizer.ggml.eos_token_id"))
    return model.eval(), tokenizer
