#!/usr/bin/env python3
"""A Llama of four layers with seeded random weights and a vocabulary of bytes: what tiny.gguf was made with.

It knows nothing, but its probabilities are far from even, and 64 tokens of trained length make SelfExtend set in early.

usage: make_tiny_model.py tiny.gguf      needs the PyPI packages numpy and gguf
"""
import sys

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, KV_HEADS, INNER, TRAINED = 4, 32, 4, 2, 64, 64


def main(path):
    random = np.random.default_rng(20240102)
    spellings = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(TRAINED)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(spellings))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(spellings)
    writer.add_token_scores([0.0] * len(spellings))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)

    def matrix(name, rows, columns, scale):
        writer.add_tensor(name, (random.standard_normal((rows, columns)) * scale).astype(np.float16))

    def norm(name):
        writer.add_tensor(name, (1 + 0.1 * random.standard_normal(WIDTH)).astype(np.float32))

    matrix("token_embd.weight", len(spellings), WIDTH, 1.0)
    for layer in range(LAYERS):
        norm(f"blk.{layer}.attn_norm.weight")
        matrix(f"blk.{layer}.attn_q.weight", WIDTH, WIDTH, 0.5)
        matrix(f"blk.{layer}.attn_k.weight", WIDTH // HEADS * KV_HEADS, WIDTH, 0.5)
        matrix(f"blk.{layer}.attn_v.weight", WIDTH // HEADS * KV_HEADS, WIDTH, 0.3)
        matrix(f"blk.{layer}.attn_output.weight", WIDTH, WIDTH, 0.3)
        norm(f"blk.{layer}.ffn_norm.weight")
        matrix(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH, 0.3)
        matrix(f"blk.{layer}.ffn_up.weight", INNER, WIDTH, 0.3)
        matrix(f"blk.{layer}.ffn_down.weight", WIDTH, INNER, 0.2)
    norm("output_norm.weight")
    matrix("output.weight", len(spellings), WIDTH, 0.5)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(sys.argv[1])
