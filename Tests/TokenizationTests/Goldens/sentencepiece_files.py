"""Prints small SentencePiece models of every kind in base64, and the ids that PyPI's sentencepiece gives for texts.

sentencepiece_files.py COUNT SEED prints them for random texts; sentencepiece_files.py 6 1 > sentencepiece_files.json made the
committed ones, with sentencepiece 0.2.
"""
import base64
import io
import json
import sys

import sentencepiece

from texts import random_texts

WORDS = "the cat sat on the mat and the dog ran to the man, who said: 'It's 12 o'clock!' 1999 42 naïve Straße 京都"
KINDS = {
    "merges with bytes": dict(model_type="bpe", byte_fallback=True, vocab_size=420, remove_extra_whitespaces=False),
    "merges without bytes": dict(model_type="bpe", vocab_size=160, remove_extra_whitespaces=False),
    "merges without a blank before": dict(
        model_type="bpe", byte_fallback=True, vocab_size=420, remove_extra_whitespaces=False, add_dummy_prefix=False),
    "merges of single blanks": dict(model_type="bpe", byte_fallback=True, vocab_size=420),
    "sums with bytes": dict(model_type="unigram", byte_fallback=True, vocab_size=400, remove_extra_whitespaces=False),
    "sums without bytes": dict(model_type="unigram", vocab_size=140, unk_id=3, pad_id=0),
}


def trained(options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([WORDS, WORDS.upper(), WORDS.title(), WORDS.replace(" ", "  ")] * 2), model_writer=model,
        normalization_rule_name="identity", minloglevel=2, hard_vocab_limit=False, **options)
    return model.getvalue()


def main():
    texts = random_texts(int(sys.argv[1]), int(sys.argv[2]))
    texts += ["", " ", "   ", " the  cat ", "the\u2581cat", "京都 東京 the mat", "ééé\U0001f999\U0001f999x", "<s> <unk> </s>"]
    files = []
    for name, options in KINDS.items():
        model = trained(options)
        encoder = sentencepiece.SentencePieceProcessor(model_proto=model)
        files.append({
            "name": name, "file": base64.b64encode(model).decode(), "ids": [encoder.encode(text) for text in texts],
            "begin": encoder.bos_id(), "end": encoder.eos_id(), "unknown": encoder.unk_id(),
        })
    json.dump({"texts": texts, "files": files}, sys.stdout, indent=None)
    print()


main()
