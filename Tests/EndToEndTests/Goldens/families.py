#!/usr/bin/env python3
"""Logits of a small random model of each family, in float64: what families.json was made with.

usage: families.py > families.json      needs the PyPI package numpy, and gguf for the module it shares

../../Fixtures/RandomModels.swift writes the models, byte for byte. Number j of a matrix is word j of 16 bits, signed, over 2^19,
from SplitMix64's words, seeded by a tensor's place in the directory (from 1); number j of a norm, or of
those of all heads, is 1 + (37 j mod 64 - 32) / 64, of a bias the same less 1. check_families.py compares these logits with transformers'.
"""
import json
import sys

import numpy as np
from family_reference import Family, Layer, Model
from random_models import norm, random_bytes

WIDTH, VOCABULARY = 96, 96
IDS = [(7 * i + 3) % VOCABULARY for i in range(48)]
POLICIES = ((1, 0), (4, 8), (3, 8))
POST_NORMS = ("post_attention_norm", "post_ffw_norm")
SANDWICH = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
QKV = ("attn_q", "attn_k", "attn_v")
ALL = QKV + ("attn_output", "ffn_up", "ffn_down")


def F32(x):
    """The number that a file or a program holds in single precision."""
    return float(np.float32(x))



def matrix(place, columns, rows):
    numbers = random_bytes(place, 2 * columns * rows).view("<i2").astype(np.float64) / 2**19
    return numbers.reshape(rows, columns)


def directory(family, tied=False, biases=(), norms=("attn_norm", "ffn_norm"), norm_biases=False, head_norms=False,
              row_norms=False, norms_of_each=False, fused_attention=False, fused_gate=False, gated=True,
              values_are_keys=False, output_scales=False, ends=()):
    """Name, columns and rows (1 for a vector) of each tensor. `values_are_keys`: in global layers."""
    def listed(layer):
        inner = layer.feed_forward or family.feed_forward
        size, kv_heads = layer.size or family.size, layer.kv_heads or family.kv_heads
        queries, keys = family.heads * size, kv_heads * size
        matrices = (
            [("attn_qkv", WIDTH, queries + 2 * keys)] if fused_attention
            else [("attn_q", WIDTH, queries), ("attn_k", WIDTH, keys)])
        if layer.source is not None:
            matrices.pop()
        elif not fused_attention and (layer.local or not values_are_keys):
            matrices.append(("attn_v", WIDTH, keys))
        matrices.append(("attn_output", queries, WIDTH))
        if gated and not fused_gate:
            matrices.append(("ffn_gate", WIDTH, inner))
        matrices += [("ffn_up", WIDTH, 2 * inner if fused_gate else inner), ("ffn_down", inner, WIDTH)]
        entries = [(name + ".weight", WIDTH, 1) for name in norms]
        entries += [(name + ".bias", WIDTH, 1) for name in norms if norm_biases]
        entries += [(name + ".weight", columns, rows) for name, columns, rows in matrices]
        entries += [(name + ".bias", rows, 1) for name, _, rows in matrices if name in biases]
        if family.per_layer:
            entries += [("inp_gate.weight", WIDTH, family.per_layer), ("proj.weight", family.per_layer, WIDTH),
                        ("post_norm.weight", WIDTH, 1)]
        if head_norms:
            entries += [("attn_q_norm.weight", size, 1), ("attn_k_norm.weight", size, 1)][:1 + (layer.source is None)]
        if row_norms:
            entries += [("attn_q_norm.weight", queries, 1), ("attn_k_norm.weight", keys, 1)]
        if norms_of_each:
            entries += [("attn_q_norm.weight", size, family.heads), ("attn_k_norm.weight", size, kv_heads)]
        return entries + [("layer_output_scale.weight", 1, 1)] * output_scales

    tensors = [("token_embd.weight", WIDTH, VOCABULARY)]
    if family.per_layer:
        every = family.per_layer * len(family.layers)
        tensors += [("per_layer_token_embd.weight", every, VOCABULARY), ("per_layer_model_proj.weight", WIDTH, every),
                    ("per_layer_proj_norm.weight", family.per_layer, 1)]
    for index, layer in enumerate(family.layers):
        tensors += [(f"blk.{index}.{name}", columns, rows) for name, columns, rows in listed(layer)]
    tensors.append(("output_norm.weight", WIDTH, 1))
    if norm_biases:
        tensors.append(("output_norm.bias", WIDTH, 1))
    if not tied:
        tensors.append(("output.weight", WIDTH, VOCABULARY))
    family.tensors = tensors + list(ends)
    return family


def count(key, value):
    return {"key": key, "count": value}


def window(tokens):
    return count("attention.sliding_window", tokens)


def number(key, value):
    return {"key": key, "number": value}


def with_locals(layers, period, window, last, other=Layer()):
    """Layers of which the last of each period is global, the others local."""
    return [
        Layer(other.base, window=window, local=True) if i % period < period - 1 else last for i in range(layers)
    ]


def small_gemma4(family):
    """Tokens give layers inputs of their own; the last layers attend to others' keys, with wider feed-forward parts."""
    flags, sources, inner = [True, False, True, False, True, True, False], [2, 2, 3], family.feed_forward
    for index, is_local in enumerate(flags):
        layer = Layer(window=13, local=True, size=8) if is_local else Layer(1e6, factors=norm(6))
        if index >= 4:
            layer.source, layer.feed_forward = sources[index - 4], 2 * inner
        family.layers.append(layer)
    family.fields = [
        window(13), count("attention.key_length_swa", 8), count("attention.value_length_swa", 8),
        count("rope.dimension_count", 12), count("rope.dimension_count_swa", 8), number("rope.freq_base_swa", 1e4),
        {"key": "attention.sliding_window_pattern", "flags": flags}, count("attention.head_count_kv", 1),
        {"key": "feed_forward_length", "counts": [layer.feed_forward or inner for layer in family.layers]},
        number("final_logit_softcapping", 2.0), count("attention.shared_kv_layers", len(sources)),
        count("embedding_length_per_layer_input", family.per_layer)]
    return directory(
        family, tied=True, norms=SANDWICH, head_norms=True, output_scales=True, ends=[("rope_freqs.weight", 6, 1)])


def yarn(base, size, factor, length):
    """What each pair's frequency is divided by. The ramp begins and ends at whole pairs."""
    def pair(rotations):
        return size * np.log(length / (rotations * 2 * np.pi)) / (2 * np.log(base))

    low, high = max(np.floor(pair(32)), 0), min(np.ceil(pair(1)), size - 1)
    kept = 1 - np.clip((np.arange(size // 2) - low) / max(high - low, 0.001), 0, 1)
    return 1 / (kept + (1 - kept) / factor)


def families():
    """Name in the goldens, and the family."""
    gemma = dict(half_split=True, activation="gelu", embedding_scale=float(np.sqrt(np.float32(WIDTH))))

    def plain(base=10000.0, layers=3, **more):
        return [Layer(base, **more) for _ in range(layers)]

    yield "llama", directory(Family("llama", 24, plain()))
    # Mistral 7B v0.1: a window in every layer.
    yield "llama with a window", directory(Family("llama", 24, plain(window=11), fields=[window(11)]))
    # Llama 3.1 and later: factors of RoPE's frequencies.
    yield "llama with rope factors", directory(
        Family("llama", 24, plain(factors=norm(12))), ends=[("rope_freqs.weight", 12, 1)])
    yield "qwen2", directory(Family("qwen2", 24, plain(1e6), half_split=True), tied=True, biases=QKV)
    yield "qwen3", directory(Family("qwen3", 40, plain(1e6), half_split=True), tied=True, head_norms=True)
    yield "gemma", directory(Family("gemma", 32, plain(), **gemma), tied=True)
    yield "gemma2", directory(
        Family("gemma2", 32, with_locals(4, 2, 13, Layer()), form="sandwich", score_cap=0.5, logit_cap=2.0, **gemma,
               fields=[window(13), number("attn_logit_softcapping", 0.5), number("final_logit_softcapping", 2.0)]),
        tied=True, norms=SANDWICH)
    yield "gemma3", directory(
        Family("gemma3", 32, with_locals(7, 6, 13, Layer(1e6)), form="sandwich", **gemma, fields=[window(13)]),
        tied=True, norms=SANDWICH, head_norms=True)
    # Heads of global layers are longer, and fewer of keys; values are keys. Or values are made by themselves.
    globals_ = Layer(1e6, factors=norm(12))
    locals_ = Layer(window=13, local=True, size=16, kv_heads=2)
    gemma4 = dict(gemma, form="sandwich", value_norm=True, score_scale=1.0)
    local_keys = [
        window(13), count("attention.key_length_swa", 16), count("attention.value_length_swa", 16),
        count("rope.dimension_count", 24), count("rope.dimension_count_swa", 16), number("rope.freq_base_swa", 1e4),
    ]
    flags = [True, True, False]
    yield "gemma4", directory(
        Family("gemma4", 24, [locals_ if flag else globals_ for flag in flags], kv_heads=1, logit_cap=2.0, **gemma4,
               fields=local_keys + [
                   {"key": "attention.sliding_window_pattern", "flags": flags},
                   {"key": "attention.head_count_kv", "counts": [2 if flag else 1 for flag in flags]},
                   number("final_logit_softcapping", 2.0), count("attention.shared_kv_layers", 0),
                   count("embedding_length_per_layer_input", 0)]),
        tied=True, norms=SANDWICH, head_norms=True, values_are_keys=True, output_scales=True,
        ends=[("rope_freqs.weight", 12, 1)])
    yield "gemma4 with values of its own", directory(
        Family("gemma4", 24, [locals_] * 5 + [globals_], **gemma4, fields=local_keys),
        tied=True, norms=SANDWICH, head_norms=True, ends=[("rope_freqs.weight", 12, 1)])
    yield "gemma4 E2B", small_gemma4(Family("gemma4", 12, [], kv_heads=1, logit_cap=2.0, per_layer=32, **gemma4))
    long_rope = [count("rope.scaling.original_context_length", 32), number("rope.scaling.attn_factor", 1.19)]
    factors = [("rope_factors_long.weight", 12, 1), ("rope_factors_short.weight", 12, 1)]
    # The stage's context of 52 tokens is longer than the original one, so the long factors count.
    yield "phi3", directory(
        Family("phi3", 32, plain(window=21, factors=norm(12)), rotary=24, half_split=True, magnitude=F32(1.19),
               fields=[window(21), count("rope.dimension_count", 24)] + long_rope),
        fused_attention=True, fused_gate=True, ends=factors)
    layer_norm = dict(norm="layer", epsilon=F32(1e-5), half_split=True)
    yield "phi2", directory(
        Family("phi2", 24, plain(), rotary=8, form="parallel", activation="gelu", **layer_norm,
               fields=[count("rope.dimension_count", 8)]),
        norms=("attn_norm",), norm_biases=True, biases=ALL, gated=False, ends=[("output.bias", VOCABULARY, 1)])
    yield "stablelm", directory(
        Family("stablelm", 24, plain(), rotary=6, **layer_norm, fields=[count("rope.dimension_count", 6)]),
        norm_biases=True, biases=QKV)
    # StableLM 2 12B.
    parallel = [count("rope.dimension_count", 6), {"key": "use_parallel_residual", "flag": True}]
    yield "stablelm with parallel parts", directory(
        Family("stablelm", 24, plain(), rotary=6, form="parallel", **layer_norm, fields=parallel),
        norms=("attn_norm",), norm_biases=True, norms_of_each=True)
    yield "starcoder2", directory(
        Family("starcoder2", 24, plain(), activation="gelu", **layer_norm), tied=True, norm_biases=True, biases=ALL,
        gated=False)
    yield "olmo2", directory(
        Family("olmo2", 24, plain(5e5), form="post", half_split=True), norms=POST_NORMS, row_norms=True)
    yield "granite", directory(
        Family("granite", 24, plain(), embedding_scale=3.0, residual_scale=F32(0.7), score_scale=F32(0.8),
               logit_scale=2.0,
               fields=[number("embedding_scale", 3), number("residual_scale", 0.7), number("attention.scale", 0.8),
                       number("logit_scale", 0.5)]), tied=True)
    yield "smollm3", directory(Family("smollm3", 24, [Layer(2e6)] * 3 + [Layer(None)] + [Layer(2e6)]), tied=True)
    yield "glm4", directory(
        Family("glm4", 24, plain(), rotary=12, form="sandwich", fields=[count("rope.dimension_count", 12)]),
        norms=SANDWICH, biases=QKV, fused_gate=True)
    yield "exaone4", directory(
        Family("exaone4", 24, with_locals(5, 4, 13, Layer(None), Layer(1e6)), form="post", half_split=True,
               fields=[window(13)]), norms=POST_NORMS, head_norms=True)
    yield "exaone4 without windows", directory(
        Family("exaone4", 24, plain(1e6, factors=norm(12)), form="post", half_split=True), norms=POST_NORMS,
        head_norms=True, ends=[("rope_freqs.weight", 12, 1)])
    yield "seed_oss", directory(
        Family("seed_oss", 24, plain(1e7), half_split=True), norms=("attn_norm", "post_attention_norm"), biases=QKV)
    yield "minicpm", directory(
        Family("minicpm", 24, plain(), embedding_scale=12.0, residual_scale=F32(1.4 / np.sqrt(3)),
               logit_scale=256 / WIDTH), tied=True)
    yield "internlm2", directory(Family("internlm2", 24, plain(1e6)))
    yield "command-r", directory(
        Family("command-r", 24, plain(), norm="layer", epsilon=F32(1e-5), form="parallel", logit_scale=F32(0.3),
               fields=[number("logit_scale", 0.3)]), tied=True, norms=("attn_norm",))
    # Command R+.
    yield "command-r with norms of heads", directory(
        Family("command-r", 24, plain(75e6), norm="layer", epsilon=F32(1e-5), form="parallel", logit_scale=F32(0.8),
               fields=[number("logit_scale", 0.8)]), tied=True, norms=("attn_norm",), norms_of_each=True)
    yield "cohere2", directory(
        Family("cohere2", 24, with_locals(5, 4, 13, Layer(None), Layer(50000.0)), norm="layer", epsilon=F32(1e-5),
               form="parallel", logit_scale=F32(0.3), fields=[window(13), number("logit_scale", 0.3)]),
        tied=True, norms=("attn_norm",))
    yield "ernie4_5", directory(Family("ernie4_5", 40, plain(5e5)), tied=True)
    # YaRN's ramp over an original length of 16 tokens, after each of which scores grow.
    scaling = [
        {"key": "rope.scaling.type", "text": "yarn"}, number("rope.scaling.factor", 8),
        count("rope.scaling.original_context_length", 16), number("rope.scaling.yarn_log_multiplier", 1),
        number("attention.temperature_scale", 0.3),
    ]
    yield "mistral3", directory(
        Family("mistral3", 24, plain(1e6, factors=yarn(1e6, 24, 8.0, 16)), temperature=(F32(0.3), 16), fields=scaling),
        tied=True)
    # Without what long texts need, as the small models' files are.
    yield "mistral3 in short texts", directory(Family("mistral3", 24, plain(1e6)))
    yield "falcon", directory(
        Family("falcon", 24, plain(), kv_heads=1, form="parallel", activation="erf", **layer_norm,
               fields=[count("attention.head_count_kv", 1)]),
        tied=True, norms=("attn_norm",), norm_biases=True, fused_attention=True, gated=False)
    yield "falcon with two norms", directory(
        Family("falcon", 24, plain(), form="parallel", activation="erf", **layer_norm),
        tied=True, norms=("attn_norm", "attn_norm_2"), norm_biases=True, fused_attention=True, gated=False)


def arrays(family):
    """The tensors by name."""
    def tensor(place, full, columns, rows):
        if full.endswith("_norm.weight") and rows > 1:  # A norm of each head.
            return norm(columns * rows).reshape(rows, columns)
        return matrix(place, columns, rows) if rows > 1 else norm(columns) - full.endswith(".bias")

    return {entry[0]: tensor(place, *entry) for place, entry in enumerate(family.tensors, 1)}


def fields(family):
    is_own = family.name in ("gemma3", "gemma4")  # Whether local layers turn by a base of their own.
    base = next(layer.base for layer in family.layers if layer.base and not (layer.local and is_own))
    epsilon = "layer_norm_epsilon" if family.norm == "layer" else "layer_norm_rms_epsilon"
    return [
        count("block_count", len(family.layers)), count("attention.key_length", family.size),
        count("attention.value_length", family.size), number("rope.freq_base", base),
        number("attention." + epsilon, family.epsilon),
    ] + family.fields


def main():
    models = []
    for name, family in families():
        model = Model(family, arrays(family))
        runs = []
        for group_size, neighbor_window in POLICIES:
            logits = model.logits(IDS, group_size, neighbor_window)[-1]
            runs.append({
                "group_size": group_size, "neighbor_window": neighbor_window,
                "logits": [round(float(x), 5) for x in logits],
            })
        models.append({
            "name": name, "architecture": family.name, "feed_forward": family.feed_forward, "runs": runs,
            "fields": fields(family),
            "tensors": [{"name": n, "type": "F32", "columns": c, "rows": r} for n, c, r in family.tensors],
        })
    json.dump({"ids": IDS, "halves": {}, "models": models}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
