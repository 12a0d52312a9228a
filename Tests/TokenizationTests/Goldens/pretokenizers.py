"""Prints how PyPI's tokenizers cuts texts by the patterns of pretokenizers.json: the lengths of pieces, in characters.

pretokenizers.py COUNT SEED: random texts. pretokenizers.py --rewrite PATTERNS: the committed texts, by patterns from a JSON
object of lists; the result is pretokenizers.json.
"""
import json
import os
import sys

from tokenizers import Regex
from tokenizers.pre_tokenizers import Sequence, Split

from texts import PARTS, random_texts


def lengths(patterns, texts):
    cut = Sequence([Split(Regex(pattern), "isolated") for pattern in patterns])
    return [[end - start for _, (start, end) in cut.pre_tokenize_str(text)] for text in texts]


def cut_all(families, texts):
    return {
        "texts": texts,
        "families": {name: {"patterns": patterns, "lengths": lengths(patterns, texts)} for name, patterns in families.items()},
    }


if __name__ == "__main__":
    path = os.path.join(os.path.dirname(__file__), "pretokenizers.json")
    if sys.argv[1] == "--rewrite":
        with open(sys.argv[2], encoding="utf-8") as file:
            families = json.load(file)
        texts = ["".join(PARTS), " ".join(PARTS[::-1]), "It's 1234567 I'LL  go\n\n \tnow, Stra\u00dfe\u00e9 \u4eac\u90fd12 ok.\r\n", *random_texts(4, 1)]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(cut_all(families, texts), file, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
            file.write("\n")
    else:
        with open(path, encoding="utf-8") as file:
            families = {name: entry["patterns"] for name, entry in json.load(file)["families"].items()}
        json.dump(cut_all(families, random_texts(int(sys.argv[1]), int(sys.argv[2]))), sys.stdout)
