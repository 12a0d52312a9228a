"""Prints small tokenizers of every kind as tokenizer.json, and the ids that PyPI's tokenizers gives for texts.

tokenizer_files.py COUNT SEED prints them for random texts; tokenizer_files.py 6 1 > tokenizer_files.json made the committed ones.
"""
import json
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import random_texts

WORDS = "the cat sat on the mat and the dog ran to the man, who said: 'It's 12 o'clock!' 1999 42 naïve Straße 京都 "
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def trained(tokenizer, size, alphabet=()):
    options = {"special_tokens": ["<s>", "</s>", "<unk>"], "initial_alphabet": list(alphabet), "show_progress": False}
    if isinstance(tokenizer.model, models.Unigram):
        trainer = trainers.UnigramTrainer(vocab_size=size, unk_token="<unk>", **options)
        tokenizer.train_from_iterator([WORDS * 4], trainer)
    else:
        trainer = trainers.BpeTrainer(vocab_size=size, limit_alphabet=max(80, len(alphabet)), **options)
        tokenizer.train_from_iterator([WORDS * 4, *random_texts(60, 5)], trainer)
    return tokenizer


def byte_level(pre_tokenizer, normalizer=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return trained(tokenizer, 320, pre_tokenizers.ByteLevel.alphabet())


def with_byte_tokens(tokenizer):
    """The same vocabulary with the 256 byte tokens that byte fallback needs."""
    file = json.loads(tokenizer.to_str())
    for byte in BYTES:
        file["model"]["vocab"].setdefault(byte, len(file["model"]["vocab"]))
    file["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(file))


def characters(normalizer, pre_tokenizer, byte_fallback=True, **options):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", **options))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer = trained(tokenizer, 140)
    return with_byte_tokens(tokenizer) if byte_fallback else tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return trained(tokenizer, 90)


def words():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return trained(tokenizer, 90)


def with_added_tokens(tokenizer):
    tokenizer.add_tokens(
        [AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True), AddedToken("12", single_word=True), "ru"]
    )
    tokenizer.add_special_tokens([AddedToken("<|end|>", rstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return tokenizer


def tokenizers():
    metaspace = pre_tokenizers.Metaspace
    split = pre_tokenizers.Split
    blanks = normalizers.Replace(" ", "\u2581")
    yield "gpt-2", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    yield "a blank before the text", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
    llama3 = [split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    yield "llama 3", byte_level(pre_tokenizers.Sequence(llama3), ignore_merges=True)
    yield "qwen 2", with_added_tokens(byte_level(pre_tokenizers.Sequence(llama3), normalizers.NFC()))
    digits = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    yield "starcoder", byte_level(pre_tokenizers.Sequence(digits))
    yield "llama 2", characters(normalizers.Sequence([normalizers.Prepend("\u2581"), blanks]), None, fuse_unk=True)
    yield "gemma", with_added_tokens(characters(blanks, split(" ", "merged_with_previous")))
    yield "mistral", characters(None, metaspace(prepend_scheme="first", split=False))
    yield "unknown characters", characters(normalizers.Lowercase(), metaspace(), byte_fallback=False, fuse_unk=True)
    parts = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    yield "dropped blanks", characters(normalizers.Strip(), parts, byte_fallback=False)
    yield "unigram", unigram()
    yield "unigram by words", words()


if __name__ == "__main__":
    texts = random_texts(int(sys.argv[1]), int(sys.argv[2])) + [WORDS, " 12 <left> 12<right>  a<|end|>\n b ru12 <|end|><left>\u3000"]
    files = []
    for name, tokenizer in tokenizers():
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        files.append({"name": name, "file": tokenizer.to_str(), "ids": ids})
    json.dump({"texts": texts, "files": files}, sys.stdout, separators=(",", ":"))
