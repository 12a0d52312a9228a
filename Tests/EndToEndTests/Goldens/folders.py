#!/usr/bin/env python3
"""Logits of a small random model of each family that is read from Hugging Face folders: what folders.json was made with.

usage: folders.py > folders.json      needs the PyPI packages numpy, and gguf for a module it shares

The models are those of families.py and experts.py, whose definitions were compared with transformers, under transformers'
names and in its layouts. ../../Fixtures/ModelFolders.swift writes the folders, byte for byte: config.json as it stands in the
goldens, and the tensors in their order, with number j of a matrix word j of 16 bits, signed, over 2^19, from SplitMix64's
words, seeded by the tensor's place (from 1); number j of a vector is (37 j mod 64 - 32) / 64, and 1 more in a norm that adds nothing
to its weights. Weights are F32, of 8-bit models the bytes of those words, with a scale for each block; of MXFP4 ones, too, and scale
j is 119 + j mod 3. Logits are float64, of the last token.
"""
import json
import sys

import experts as expert_models
import numpy as np
from experts import (
    COUNT, GROUPS, GROWTH, INNER, LATENT, LATENT_ORIGINAL, LITE_GROWTH, PLAIN, QUERY_LATENT, SCALE, SHARED, SHARED_COUNT,
    TURNING, USED, USED_GROUPS, VALUE, Mixture)
from experts import families as expert_families
from families import IDS, VOCABULARY, WIDTH, families
from family_reference import Model
from random_models import random_bytes

BLOCK = 16
LAYER = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_qkv": "self_attn.qkv_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "ffn_gate_inp": "mlp.gate", "ffn_gate_exps": "mlp.experts.{}.gate_proj", "ffn_up_exps": "mlp.experts.{}.up_proj",
    "ffn_down_exps": "mlp.experts.{}.down_proj", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
    "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj",
    "ffn_down_shexp": "mlp.shared_expert.down_proj",
}
SANDWICH = {
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
OWN_NAMES = {
    "gemma2": SANDWICH, "gemma3_text": SANDWICH, "olmo2": SANDWICH, "phi3": {"ffn_up": "mlp.gate_up_proj"},
    "starcoder2": {"ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
    "mixtral": {
        "ffn_gate_inp": "block_sparse_moe.gate", "ffn_gate_exps": "block_sparse_moe.experts.{}.w1",
        "ffn_down_exps": "block_sparse_moe.experts.{}.w2", "ffn_up_exps": "block_sparse_moe.experts.{}.w3",
    },
    "stablelm": {
        "attn_q_norm": "self_attn.q_layernorm.norms.{}", "attn_k_norm": "self_attn.k_layernorm.norms.{}",
    },
    "gemma4": SANDWICH | {
        "ffn_gate_inp": "router.proj", "ffn_down_exps": "experts.down_proj",
        "post_ffw_norm_1": "post_feedforward_layernorm_1", "post_ffw_norm_2": "post_feedforward_layernorm_2",
        "pre_ffw_norm_2": "pre_feedforward_layernorm_2", "inp_gate": "per_layer_input_gate",
        "proj": "per_layer_projection", "post_norm": "post_per_layer_input_norm",
    },
    "glm4_moe": {
        "post_attention_norm": "post_attention_layernorm", "exp_probs_b": "mlp.gate.e_score_correction_bias",
        "ffn_gate_shexp": "mlp.shared_experts.gate_proj", "ffn_up_shexp": "mlp.shared_experts.up_proj",
        "ffn_down_shexp": "mlp.shared_experts.down_proj", "nextn.eh_proj": "eh_proj",
    },
}
OWN_NAMES["deepseek_v2"] = OWN_NAMES["deepseek_v3"] = OWN_NAMES["glm4_moe"] | {
    "attn_q_a": "self_attn.q_a_proj", "attn_q_a_norm": "self_attn.q_a_layernorm", "attn_q_b": "self_attn.q_b_proj",
    "attn_kv_a_mqa": "self_attn.kv_a_proj_with_mqa", "attn_kv_a_norm": "self_attn.kv_a_layernorm",
    "attn_kv_b": "self_attn.kv_b_proj",
}
OWN_NAMES["phimoe"] = OWN_NAMES["mixtral"]
OWN_NAMES["granitemoe"] = OWN_NAMES["granitemoeshared"] = {
    "ffn_gate_inp": "block_sparse_moe.router.layer", "ffn_down_exps": "block_sparse_moe.output_linear",
    "ffn_down_shexp": "shared_mlp.output_linear",
}
OWN_NAMES["gpt_oss"] = {
    "post_attention_norm": "post_attention_layernorm", "attn_sinks": "self_attn.sinks", "ffn_gate_inp": "mlp.router",
}
OWN_NAMES["falcon"] = {
    "attn_qkv": "self_attention.query_key_value", "attn_output": "self_attention.dense", "ffn_up": "mlp.dense_h_to_4h",
    "ffn_down": "mlp.dense_4h_to_h",
}
OWN_NAMES["gemma4_text"] = OWN_NAMES["gemma4"]
# Gemma 4's vectors that are no module's weights.
VECTORS = {
    "ffn_gate_inp.scale": "router.scale", "ffn_down_exps.scale": "router.per_expert_scale",
    "layer_output_scale.weight": "layer_scalar",
}
# Tensors that are two in files: the one's rows before the other's, or in turns.
PAIRS = {"gpt_oss": {}}
PAIRS["gemma4"] = PAIRS["gemma4_text"] = {
    "ffn_gate_exps": ("experts.gate_up_proj", 0), "ffn_up_exps": ("experts.gate_up_proj", 1)}
PAIRS["granitemoe"] = PAIRS["granitemoeshared"] = {
    "ffn_gate_exps": ("block_sparse_moe.input_linear", 0), "ffn_up_exps": ("block_sparse_moe.input_linear", 1),
    "ffn_gate_shexp": ("shared_mlp.input_linear", 0), "ffn_up_shexp": ("shared_mlp.input_linear", 1),
}
# Of MXFP4: numbers of four bits, and the least of the scales' powers of two.
FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6])
POWER = 119
FALCON_ENDS = {"token_embd": "transformer.word_embeddings", "output_norm": "transformer.ln_f"}
GEMMA_ENDS = {
    "token_embd": "model.language_model.embed_tokens", "output_norm": "model.language_model.norm",
    "per_layer_token_embd": "model.language_model.embed_tokens_per_layer",
    "per_layer_model_proj": "model.language_model.per_layer_model_projection",
    "per_layer_proj_norm": "model.language_model.per_layer_projection_norm",
}
ENDS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
# Files pair neighboring numbers where folders pair halves.
REORDERED = {
    "llama", "mistral", "mixtral", "granite", "smollm3", "ministral3", "granitemoe", "granitemoeshared",
}


def llama3(family):
    """Llama 3.1's scaling as a configuration has it, and what it makes of the family's layers."""
    scaling = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                   original_max_position_embeddings=64)
    base = family.layers[0].base
    wave = 2 * np.pi * base ** (np.arange(0, family.size, 2) / family.size)
    share = np.clip((64 / wave - 1) / 3, 0, 1)
    for layer in family.layers:
        layer.factors = 1 / ((1 - share) / 8 + share)
    return dict(rope_scaling=scaling)


def gemma4(family, share, **more):
    """Its configuration, of whose global heads a share turns, as proportional RoPE has it."""
    local, turning = family.layers[0], int(share * family.size // 2)
    for layer in family.layers:
        if not layer.local:
            layer.factors = np.array([1.0] * turning + [1e30] * (family.size // 2 - turning))
    return dict(dict(
        hidden_activation="gelu_pytorch_tanh", head_dim=local.size, sliding_window=local.window,
        num_key_value_heads=local.kv_heads or family.kv_heads, hidden_size_per_layer_input=family.per_layer,
        num_kv_shared_layers=sum(layer.source is not None for layer in family.layers),
        use_bidirectional_attention="vision", final_logit_softcapping=family.logit_cap,
        layer_types=["sliding_attention" if layer.local else "full_attention" for layer in family.layers],
        rope_parameters={
            "full_attention": {"rope_type": "proportional", "rope_theta": 1e6, "partial_rotary_factor": share},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}), **more)


def models():
    """Title, model_type, the family, what its configuration has beside the common fields, and how experts are weighed."""
    named = dict(families())
    yield "llama", "llama", named["llama"], {}, None
    yield "llama with 8-bit weights", "llama", dict(families())["llama"], dict(
        quantization_config=dict(quant_method="fp8", weight_block_size=[BLOCK, BLOCK])), None
    scaled = dict(families())["llama with rope factors"]
    yield "llama 3.1", "llama", scaled, llama3(scaled), None
    yield "mistral", "mistral", named["llama with a window"], dict(sliding_window=11), None
    yield "qwen2", "qwen2", named["qwen2"], dict(use_sliding_window=False), None
    yield "qwen3", "qwen3", named["qwen3"], {}, None
    yield "gemma", "gemma", named["gemma"], dict(hidden_act="gelu_pytorch_tanh"), None
    gelu = dict(hidden_activation="gelu_pytorch_tanh")
    yield "gemma2", "gemma2", named["gemma2"], dict(
        gelu, query_pre_attn_scalar=32, attn_logit_softcapping=0.5, final_logit_softcapping=2.0, sliding_window=13), None
    yield "gemma3_text", "gemma3_text", named["gemma3"], dict(
        gelu, query_pre_attn_scalar=32, sliding_window=13, rope_local_base_freq=10000.0, rope_theta=1e6), None
    family = dict(families())["gemma4"]
    yield "gemma4", "gemma4", family, gemma4(
        family, 0.25, global_head_dim=family.size, num_global_key_value_heads=family.kv_heads, attention_k_eq_v=True), None
    family = dict(families())["gemma4 E2B"]
    yield "gemma4 E2B", "gemma4", family, gemma4(
        family, 0.25, global_head_dim=family.size, attention_k_eq_v=False, use_double_wide_mlp=True,
        vocab_size_per_layer_input=VOCABULARY, use_bidirectional_attention=None), None
    phi = named["phi3"]
    factors = [float(x) for x in phi.layers[0].factors]
    yield "phi3", "phi3", phi, dict(
        partial_rotary_factor=0.75, sliding_window=21, original_max_position_embeddings=32,
        rope_scaling=dict(type="longrope", long_factor=factors, short_factor=factors, attention_factor=1.19)), None
    yield "stablelm", "stablelm", named["stablelm"], dict(partial_rotary_factor=0.25, use_qkv_bias=True), None
    yield "stablelm with parallel parts", "stablelm", named["stablelm with parallel parts"], dict(
        partial_rotary_factor=0.25, use_parallel_residual=True, qk_layernorm=True), None
    yield "cohere", "cohere", named["command-r"], dict(logit_scale=0.3), None
    yield "cohere with norms of heads", "cohere", named["command-r with norms of heads"], dict(
        logit_scale=0.8, use_qk_norm=True), None
    yield "ministral3", "ministral3", named["mistral3"], dict(
        sliding_window=None, rope_parameters=dict(
            rope_type="yarn", rope_theta=1e6, factor=8.0, original_max_position_embeddings=16, beta_fast=32.0,
            beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.3)), None
    yield "starcoder2", "starcoder2", named["starcoder2"], dict(hidden_act="gelu_pytorch_tanh", sliding_window=None), None
    yield "olmo2", "olmo2", named["olmo2"], {}, None
    yield "granite", "granite", named["granite"], dict(
        embedding_multiplier=3.0, residual_multiplier=0.7, attention_multiplier=0.8, logits_scaling=0.5), None
    yield "falcon", "falcon", named["falcon"], dict(
        multi_query=True, parallel_attn=True, bias=False, alibi=False, new_decoder_architecture=False,
        layer_norm_epsilon=named["falcon"].epsilon, ffn_hidden_size=named["falcon"].feed_forward, activation="gelu",
        intermediate_size=None, num_key_value_heads=None), None
    grouped = named["falcon with two norms"]
    yield "falcon in groups", "falcon", grouped, dict(
        multi_query=True, parallel_attn=True, bias=False, alibi=False, new_decoder_architecture=True,
        num_kv_heads=grouped.kv_heads, layer_norm_epsilon=grouped.epsilon, ffn_hidden_size=grouped.feed_forward,
        activation="gelu", intermediate_size=None, num_key_value_heads=None), None
    yield "smollm3", "smollm3", named["smollm3"], dict(no_rope_layers=[1, 1, 1, 0, 1]), None
    phimoe = dict(num_local_experts=COUNT, intermediate_size=INNER, router_jitter_noise=0.01, sliding_window=None)
    glm = dict(
        n_routed_experts=COUNT, moe_intermediate_size=INNER, n_shared_experts=SHARED_COUNT, first_k_dense_replace=1,
        n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=SCALE, partial_rotary_factor=0.5)
    factors_of_granite = dict(
        num_local_experts=COUNT, intermediate_size=INNER, embedding_multiplier=3.0, residual_multiplier=0.7,
        attention_multiplier=0.8, logits_scaling=2.0)
    own = {
        "granitemoe": ("granitemoe", factors_of_granite), "granitemoe with a shared expert": (
            "granitemoeshared", dict(factors_of_granite, shared_intermediate_size=SHARED)),
        "llama": ("mixtral", dict(num_local_experts=COUNT, intermediate_size=INNER, sliding_window=None)),
        "qwen2moe": ("qwen2_moe", dict(
            num_experts=COUNT, moe_intermediate_size=INNER, shared_expert_intermediate_size=SHARED, norm_topk_prob=False)),
        "qwen3moe": ("qwen3_moe", dict(num_experts=COUNT, moe_intermediate_size=INNER, norm_topk_prob=True)),
        "olmoe": ("olmoe", dict(num_experts=COUNT, intermediate_size=INNER, norm_topk_prob=False, clip_qkv=None)),
        "phimoe": ("phimoe", phimoe), "phimoe with LongRoPE": ("phimoe", dict(phimoe, sliding_window=21, rope_scaling=dict(
            type="longrope", long_factor=factors, short_factor=factors, long_mscale=1.19, short_mscale=1.19,
            original_max_position_embeddings=32))),
        "glm4moe": ("glm4_moe", glm), "glm4moe with a layer for drafts": ("glm4_moe", glm),
    }
    family = next(model for model in expert_families() if model[0] == "gemma4 with experts")[1]
    more = gemma4(
        family, 0.5, enable_moe_block=True, num_experts=COUNT, top_k_experts=USED, moe_intermediate_size=INNER,
        per_layer_config={"2": {"head_dim": family.size}})
    yield "gemma4_text with experts", "gemma4_text", family, more, "chosen"
    for version, kind, growth in (
            ("V2-Lite", "deepseek_v2", LITE_GROWTH), ("V2", "deepseek_v2", LITE_GROWTH),
            ("V3 in its older form", "deepseek_v3", GROWTH)):
        own[f"deepseek2 of {version}"] = kind, deepseek(version, growth)
    for name, family, weighing in expert_families():
        if name in own:
            kind, more = own[name]
            yield name.replace(family.name, kind), kind, family, dict(more, num_experts_per_tok=USED), weighing
    # Rows are whole blocks of 32.
    expert_models.INNER = 64
    name, family, weighing = next(model for model in expert_families() if model[0] == "gpt-oss")
    yield "gpt_oss with MXFP4 experts", "gpt_oss", family, dict(
        num_local_experts=COUNT, num_experts_per_tok=USED, intermediate_size=expert_models.INNER,
        sliding_window=expert_models.WINDOW, swiglu_limit=expert_models.LIMIT, attention_bias=True,
        layer_types=[f"{kind}_attention" for kind in ("sliding", "full")] * 2,
        quantization_config=dict(quant_method="mxfp4", modules_to_not_convert=["model.layers.*.self_attn"]),
        rope_scaling=dict(
            rope_type="yarn", factor=expert_models.STRETCH, beta_fast=32.0, beta_slow=1.0, truncate=False,
            original_max_position_embeddings=expert_models.ORIGINAL)), weighing


def deepseek(version, growth):
    is_v3 = version.startswith("V3")
    more = dict(
        kv_lora_rank=LATENT, q_lora_rank=None if version == "V2-Lite" else QUERY_LATENT, qk_nope_head_dim=PLAIN,
        qk_rope_head_dim=TURNING, v_head_dim=VALUE, head_dim=TURNING, n_routed_experts=COUNT,
        moe_intermediate_size=INNER, n_shared_experts=SHARED_COUNT, first_k_dense_replace=1, moe_layer_freq=1,
        norm_topk_prob=is_v3, routed_scaling_factor=1.0 if version == "V2-Lite" else SCALE,
        scoring_func="sigmoid" if is_v3 else "softmax", topk_method="noaux_tc" if is_v3 else "group_limited_greedy",
        n_group=GROUPS, topk_group=USED_GROUPS,
        rope_scaling=dict(
            type="yarn", factor=expert_models.STRETCH, original_max_position_embeddings=LATENT_ORIGINAL, beta_fast=32,
            beta_slow=1, mscale=growth, mscale_all_dim=growth))
    return dict(more, topk_method="greedy", n_group=1, topk_group=1) if version == "V2-Lite" else more


def configuration(kind, family, more):
    if kind == "gemma4":
        return dict(model_type=kind, text_config=configuration("gemma4_text", family, more), vision_config={})
    base = next(layer.base for layer in family.layers if layer.base)
    return dict(dict(
        model_type=kind, vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=family.feed_forward,
        num_hidden_layers=len(family.layers), num_attention_heads=family.heads, num_key_value_heads=family.kv_heads,
        head_dim=family.size, max_position_embeddings=128, rms_norm_eps=family.epsilon, layer_norm_eps=family.epsilon,
        norm_epsilon=family.epsilon, rope_theta=base,
        tie_word_embeddings=all(entry[0] != "output.weight" for entry in family.tensors)), **more)


def layers(kind):
    """What names of layers' tensors begin with."""
    return {"falcon": "transformer.h", "gemma4": "model.language_model.layers"}.get(kind, "model.layers")


def stacked(kind, layer, role, suffix, columns, rows, count):
    """Tensors of all experts, of which one may be two tensors of a file."""
    if kind != "gpt_oss":
        module, is_pair = PAIRS[kind].get(role, (OWN_NAMES[kind].get(role),))[0], role in PAIRS[kind]
        name = f"{layers(kind)}.{layer}.{module}" + ("" if kind.startswith("gemma4") else f".{suffix}")
        return [(name, ([count] if count > 1 else []) + [(1 + is_pair) * rows, columns])]
    module = "down_proj" if "down" in role else "gate_up_proj"
    rows_of_one = columns if suffix == "bias" else rows
    shape = [COUNT, rows_of_one * (1 if "down" in role else 2)]
    name = f"model.layers.{layer}.mlp.experts.{module}"
    return [(name + "_bias", shape)] if suffix == "bias" else [(name + "_blocks", shape + [columns // 32, 16])]


def unstacked(kind, role, number):
    """What the tensor of a role has of one in a folder."""
    if kind == "gpt_oss":
        whole = number if "down" in role else number[:, ("up" in role)::2]
    else:
        half = PAIRS[kind].get(role, (None, None))[1]
        middle = number.shape[-2] // 2
        whole = number if half is None else number[..., :middle, :] if half == 0 else number[..., middle:, :]
    return whole.reshape(-1, whole.shape[-1])


def is_stacked(kind, role):
    return kind in PAIRS and ("_exps" in role or "_shexp" in role)


def placed(kind, entry, is_grouped=False):
    """transformers' names of a tensor, and the shape of each."""
    full, columns, rows, count = (*entry, 1)[:4]
    stem, suffix = full.rsplit(".", 1)
    if stem.startswith("blk."):
        _, layer, role = stem.split(".", 2)
        if f"{role}.{suffix}" in VECTORS:
            return [(f"{layers(kind)}.{layer}.{VECTORS[f'{role}.{suffix}']}", [columns])]
        if is_stacked(kind, role):
            return stacked(kind, layer, role, suffix, columns, rows, count)
        names = LAYER | OWN_NAMES.get(kind, {})
        if is_grouped:
            names = names | {"attn_norm": "ln_mlp", "attn_norm_2": "ln_attn"}
        name = f"{layers(kind)}.{layer}.{names[role]}"
    else:
        role, name = stem, {"falcon": FALCON_ENDS, "gemma4": GEMMA_ENDS}.get(kind, ENDS)[stem]
    if role == "attn_sinks":
        return [(name, [columns])]
    if role.endswith("_exps"):
        return [(f"{name.format(e)}.{suffix}", [rows, columns]) for e in range(count)]
    if role == "exp_probs_b":
        return [(name, [columns])]
    if "norms.{}" in name:
        return [(f"{name.format(head)}.{suffix}", [columns]) for head in range(rows)]
    if role == "ffn_gate_inp_shexp":
        return [(f"{name}.{suffix}", [1, columns])]
    return [(f"{name}.{suffix}", [rows, columns] if rows > 1 else [columns])]


def e4m3():
    """The number of every byte; of none that is no number."""
    bits = np.arange(256)
    exponent, fraction = bits >> 3 & 15, bits & 7
    magnitude = np.where(exponent == 0, fraction / 512, (8 + fraction) * 2.0 ** (exponent - 10))
    return np.where(bits & 0x80, -magnitude, magnitude)


def bf16(x):
    bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32).astype(np.float64)


def made(kind, lines, name, shape, is_8_bit):
    """A tensor's numbers; how it is stored is added to the lines."""
    place = len(lines) + 1
    if len(shape) == 1 or name.endswith("_norm.weight"):
        lines.append({"name": name, "shape": shape, "type": "F32"})
        is_unit = name.endswith("norm.weight") and kind not in ("gemma", "gemma2", "gemma3_text")
        return (((37 * np.arange(np.prod(shape)) % 64) - 32) / 64 + is_unit).reshape(shape)
    if name.endswith("_blocks"):
        lines.append({"name": name, "shape": shape, "type": "U8"})
        lines.append({"name": name[:-6] + "scales", "shape": shape[:-1], "type": "U8"})
        blocks = random_bytes(place, int(np.prod(shape)))
        scale = 2.0 ** (POWER - 127 + np.arange(np.prod(shape[:-1])) % 3)
        return (FP4[np.stack([blocks & 15, blocks >> 4], -1)].reshape(-1, 32) * scale[:, None]).reshape(
            *shape[:-2], 32 * shape[-2])
    if not is_8_bit or "proj" not in name:
        lines.append({"name": name, "shape": shape, "type": "F32"})
        return (random_bytes(place, 2 * int(np.prod(shape))).view("<i2").astype(np.float64) / 2**19).reshape(shape)
    bits = random_bytes(place, shape[0] * shape[1]) & 0xBF
    blocks = [-(-n // BLOCK) for n in shape]
    lines.append({"name": name, "shape": shape, "type": "F8_E4M3"})
    lines.append({"name": name + "_scale_inv", "shape": blocks, "type": "F32"})
    scale = ((1 + np.arange(blocks[0] * blocks[1]) % 7) / 16).reshape(blocks)
    scale = np.kron(scale, np.ones((BLOCK, BLOCK)))[:shape[0], :shape[1]]
    return bf16(e4m3()[bits.reshape(shape)] * scale)


def golden(title, kind, family, more, weighing):
    entries = [entry for entry in family.tensors if not entry[0].startswith("rope_")]
    is_grouped = more.get("new_decoder_architecture", False)
    shapes = {name: shape for entry in entries for name, shape in placed(kind, entry, is_grouped)}
    if kind == "gemma4":  # A part that is not read.
        shapes["model.vision_tower.patch_embedder.input_proj.weight"] = [16, 12]
    lines = []
    numbers = {name: made(kind, lines, name, shape, "8-bit" in title) for name, shape in sorted(shapes.items())}
    arrays = {}
    for entry in entries:
        role = entry[0].split(".")[-2]
        if is_stacked(kind, role) and not entry[0].endswith(".scale"):
            arrays[entry[0]] = unstacked(kind, role, numbers[placed(kind, entry)[0][0]])
            continue
        parts = [numbers[name] for name, _ in placed(kind, entry, is_grouped)]
        whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
        if whole.ndim == 1 and entry[2] > 1:
            whole = whole.reshape(entry[2], entry[1])
        if kind in REORDERED and entry[0].endswith(("attn_q.weight", "attn_k.weight")):
            whole = whole.reshape(-1, 2, family.size // 2, WIDTH).swapaxes(1, 2).reshape(whole.shape)
        if is_grouped and role == "attn_qkv":
            groups = whole.reshape(family.kv_heads, -1, family.size, WIDTH)
            queries = family.heads // family.kv_heads
            parts = groups[:, :queries], groups[:, queries], groups[:, queries + 1]
            whole = np.concatenate([part.reshape(-1, WIDTH) for part in parts])
        if kind in ("gemma", "gemma2", "gemma3_text") and entry[0].endswith("norm.weight"):
            whole = whole + 1
        arrays[entry[0]] = whole[0] if "inp_shexp" in entry[0] else whole
    model = Model(family, arrays) if weighing is None else Mixture(family, arrays, weighing)
    logits = model.logits(IDS, 1, 0)[-1]
    return {
        "name": title, "config": json.dumps(configuration(kind, family, more), separators=(",", ":")),
        "tensors": lines, "logits": [round(float(x), 6) for x in logits],
    }


def main():
    json.dump({"ids": IDS, "models": [golden(*model) for model in models()]}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
