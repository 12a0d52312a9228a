"""Measures llama.cpp on one case and prints tokens a second, one number a line.

Flash attention and an f16 cache, as Longhaul's own; the model mapped from its file; no token is sampled.
"""

import argparse
import random
import time

import llama_cpp


def decode(context, tokens):
    """Runs tokens through the model and waits for the result."""
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
        raise SystemExit("llama_decode failed")
    llama_cpp.llama_synchronize(context)


def read(context, tokens, batch):
    for start in range(0, len(tokens), batch):
        decode(context, tokens[start:start + batch])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--prompt", type=int, default=0, help="measure reading so many tokens")
    parser.add_argument("--depth", type=int, default=0, help="tokens in the cache before")
    parser.add_argument("--tokens", type=int, default=32, help="measure drawing so many tokens, without --prompt")
    parser.add_argument("--batch", type=int, default=512)
    options = parser.parse_args()

    length = options.depth + (options.prompt or options.tokens) + 64
    model = llama_cpp.Llama(
        model_path=options.model, n_ctx=length, n_batch=options.batch, n_ubatch=options.batch,
        n_threads=options.threads, n_threads_batch=options.threads, flash_attn=True, verbose=False)
    context = model.ctx
    memory = llama_cpp.llama_get_memory(context)
    draw = random.Random(1)
    tokens = [draw.randrange(3, model.n_vocab()) for _ in range(length)]

    read(context, tokens[:32], options.batch)  # Touches all weights.
    llama_cpp.llama_memory_clear(memory, True)
    read(context, tokens[:options.depth], options.batch)
    if options.prompt:
        start = time.perf_counter()
        read(context, tokens[options.depth:options.depth + options.prompt], options.batch)
        print(options.prompt / (time.perf_counter() - start))
        return
    for token in tokens[options.depth:options.depth + 4]:
        decode(context, [token])
    start = time.perf_counter()
    for token in tokens[options.depth + 4:options.depth + 4 + options.tokens]:
        decode(context, [token])
    print(options.tokens / (time.perf_counter() - start))


if __name__ == "__main__":
    main()
