"""The demo model's tokenizer: byte-pair encoding in the SentencePiece way, with single digits and byte fallback."""

import io
from pathlib import Path

import sentencepiece

UNKNOWN, START, END = 0, 1, 2


def train_vocabulary(text: list[str], size: int, path: Path) -> sentencepiece.SentencePieceProcessor:
    """Learns `size` pieces from sentences and keeps them at `path`."""
    learned = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text), model_writer=learned, model_type="bpe", vocab_size=size,
        byte_fallback=True, split_digits=True, character_coverage=1.0, normalization_rule_name="identity",
        remove_extra_whitespaces=False, add_dummy_prefix=True, unk_id=UNKNOWN, bos_id=START, eos_id=END,
        pad_id=-1, num_threads=1, minloglevel=2)
    path.write_bytes(learned.getvalue())
    return sentencepiece.SentencePieceProcessor(model_file=str(path))
