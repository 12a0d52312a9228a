"""Random texts for comparing tokenizers: words, numbers, whitespace, and characters of any script."""
import random
import unicodedata

PARTS = [
    "'s", "'T", "'re", "'VE", "'ll", "'\u017f", "a", "Ab", "ABC", "abcD", "x1", "1", "12", "1234567", "0.5", " ", "  ", "\t",
    "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "\u2028", ".", "...", "!?", "(", ")/", "/", "\\", "_", "-", "=>", "`", "$",
    "\u00df", "\u00e9", "e\u0301", "\u0301", "\u4eac\u90fd", "\u3042\u30ab", "\ud55c\uad6d", "\u0e44\u0e17\u0e22", "\u0915\u094d\u0937",
    "\U0001f999", "\U0001f469\u200d\U0001f467", "\u00b2", "\u0664", "\u2167", "\u01c5", "\u02b0", "\ufeff", "\x00", "\x7f",
    "\u201c", "\u2026", "\u3001", "\uff01", "\u060c", "\u0964", "<sentinel:1>", "IMGIMGABZ", "\u00b5", "\u212a", "\u1c90",
]
# What Python's Unicode has not assigned may be assigned by now.
ASSIGNED = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]


def random_texts(count, seed):
    generator = random.Random(seed)

    def part():
        return generator.choice(ASSIGNED) if generator.random() < 0.2 else generator.choice(PARTS)

    return ["".join(part() for _ in range(generator.randrange(1, 24))) for _ in range(count)]
