#!/usr/bin/env python3
"""Compares the logits that families.py computes with those of PyPI transformers' models, both of the same weights.

usage: check_families.py      needs the PyPI packages numpy, gguf, torch and transformers

Without grouping, which transformers does not have. MiniCPM and InternLM2, whose code transformers does not ship, are
compared with Granite's and Llama's, which compute the same. Ends with status 1 if any model differs.
"""
import sys

import numpy as np
import torch
import transformers
from families import IDS, VOCABULARY, WIDTH, arrays, families
from family_reference import Layer, Model

torch.set_default_dtype(torch.float64)
LIMIT = 1e-4  # transformers norms and turns in single precision.

# GGUF's names of a layer's tensors, and transformers'.
LAYER = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_qkv": "self_attn.qkv_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "inp_gate": "per_layer_input_gate", "proj": "per_layer_projection", "post_norm": "post_per_layer_input_norm",
}
SANDWICH = {
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
OWN_NAMES = {
    "gemma2": SANDWICH, "gemma3": SANDWICH, "gemma4": SANDWICH, "olmo2": SANDWICH, "exaone4": SANDWICH,
    "glm4": {
        "post_attention_norm": "post_self_attn_layernorm", "post_ffw_norm": "post_mlp_layernorm",
        "ffn_up": "mlp.gate_up_proj",
    },
    "phi3": {"ffn_up": "mlp.gate_up_proj"},
    "phi2": {"attn_output": "self_attn.dense", "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"},
    "starcoder2": {"ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
    "seed_oss": {"post_attention_norm": "post_attention_layernorm"},
    "falcon": {
        "attn_qkv": "self_attention.query_key_value", "attn_output": "self_attention.dense",
        "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h",
    },
}
# Files pair neighboring numbers where these pair halves: converters reorder the rows of queries and keys.
REORDERED = {"llama", "granite", "smollm3", "minicpm", "internlm2", "mistral3"}


def configuration(name, family):
    """transformers' class and configuration of a family."""
    first = next(layer for layer in family.layers if layer.base)
    rope = {"rope_type": "default", "rope_theta": first.base}
    if family.rotary:
        rope["partial_rotary_factor"] = family.rotary / family.size
    kinds = ["sliding_attention" if layer.local else "full_attention" for layer in family.layers]
    windows = next((layer.window for layer in family.layers if layer.window), None)
    shared = dict(
        hidden_size=WIDTH, intermediate_size=family.feed_forward, num_hidden_layers=len(family.layers),
        num_attention_heads=family.heads, num_key_value_heads=family.kv_heads, head_dim=family.size,
        vocab_size=VOCABULARY, max_position_embeddings=128, rms_norm_eps=family.epsilon,
        layer_norm_eps=family.epsilon, rope_parameters=rope, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        tie_word_embeddings="output.weight" not in [t[0] for t in family.tensors],
        attn_implementation="eager", sliding_window=windows, layer_types=kinds)
    own = {
        "llama": ("Llama", {}), "internlm2": ("Llama", {}), "qwen2": ("Qwen2", {}), "qwen3": ("Qwen3", {}),
        "gemma": ("Gemma", dict(hidden_act="gelu_pytorch_tanh")),
        "gemma2": ("Gemma2", dict(
            query_pre_attn_scalar=family.size, attn_logit_softcapping=family.score_cap,
            final_logit_softcapping=family.logit_cap)),
        "gemma3": ("Gemma3", dict(query_pre_attn_scalar=family.size, rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}})),
        "gemma4": ("Gemma4", gemma4(family)),
        "phi3": ("Phi3", {}), "phi2": ("Phi", dict(hidden_act="gelu_new")),
        "stablelm": ("StableLm", dict(
            use_qkv_bias=family.form != "parallel", qk_layernorm=family.form == "parallel",
            use_parallel_residual=family.form == "parallel")),
        "starcoder2": ("Starcoder2", dict(use_bias=True, norm_epsilon=family.epsilon, sliding_window=None)),
        "olmo2": ("Olmo2", {}), "glm4": ("Glm4", dict(attention_bias=True)),
        "granite": ("Granite", {}), "minicpm": ("Granite", {}),
        "smollm3": ("SmolLM3", dict(no_rope_layers=[int(layer.base is not None) for layer in family.layers])),
        "exaone4": ("Exaone4", {}), "seed_oss": ("SeedOss", dict(attention_bias=True, attention_out_bias=False)),
        "command-r": ("Cohere", dict(logit_scale=family.logit_scale, use_qk_norm="norms of heads" in name)),
        "mistral3": ("Ministral3", ministral(family, rope)),
        "falcon": ("Falcon", dict(
            multi_query=True, new_decoder_architecture="two norms" in name, num_kv_heads=family.kv_heads,
            parallel_attn=True, bias=False, alibi=False,
            ffn_hidden_size=family.feed_forward, layer_norm_epsilon=family.epsilon, activation="gelu")),
        "cohere2": ("Cohere2", dict(logit_scale=family.logit_scale)), "ernie4_5": ("Ernie4_5", {}),
    }[family.name]
    kind, more = own
    if name == "llama with a window":
        kind = "Mistral"
    if kind == "Granite":
        more = dict(
            embedding_multiplier=family.embedding_scale, residual_multiplier=family.residual_scale,
            attention_multiplier=family.score_scale or family.size**-0.5, logits_scaling=1 / family.logit_scale)
    if kind == "Falcon":  # Which knows heads by their number alone.
        del shared["head_dim"]
    text = "TextConfig" if kind in ("Gemma3", "Gemma4") else "Config"
    return (
        getattr(transformers, kind + "ForCausalLM"), getattr(transformers, kind + text)(**(shared | more)))


def gemma4(family):
    """Its configuration has the sizes of local layers' heads, and those of global ones beside them."""
    local = next((layer for layer in family.layers if layer.local), Layer())
    return dict(
        head_dim=local.size or family.size, global_head_dim=family.size,
        num_key_value_heads=local.kv_heads or family.kv_heads,
        num_global_key_value_heads=family.kv_heads, hidden_size_per_layer_input=family.per_layer,
        vocab_size_per_layer_input=VOCABULARY,
        num_kv_shared_layers=sum(layer.source is not None for layer in family.layers),
        use_double_wide_mlp=any(layer.feed_forward for layer in family.layers),
        attention_k_eq_v=family.kv_heads == 1 and not family.per_layer, final_logit_softcapping=family.logit_cap,
        rope_parameters={
            "full_attention": {"rope_type": "proportional", "rope_theta": 1e6, "partial_rotary_factor": 1.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}})


def ministral(family, rope):
    """YaRN as fields say it; without any, scores would not grow, so it is made to do nothing."""
    growth, length = family.temperature or (0.0, 128)
    stated = {field["key"]: field for field in family.fields}
    factor = stated.get("rope.scaling.factor", {"number": 1.0})["number"]
    return dict(rope_parameters=rope | {
        "rope_type": "yarn", "factor": factor, "original_max_position_embeddings": length, "mscale": 1.0,
        "mscale_all_dim": 1.0, "beta_fast": 32.0, "beta_slow": 1.0, "llama_4_scaling_beta": growth})


def reordered(family, name, numbers):
    if family.name not in REORDERED or not name.endswith(("attn_q.weight", "attn_k.weight")):
        return numbers
    heads = numbers.reshape(-1, family.size // 2, 2, numbers.shape[-1])
    return heads.swapaxes(1, 2).reshape(numbers.shape)


def in_groups(family, numbers):
    """Queries of the heads that share a head of keys, then its keys and its values, as Falcon 40B has them."""
    heads = numbers.reshape(-1, family.size, numbers.shape[-1])
    queries, keys, values = np.split(heads, [family.heads, family.heads + family.kv_heads])
    groups = queries.reshape(family.kv_heads, -1, *queries.shape[1:])
    return np.concatenate([groups, keys[:, None], values[:, None]], 1).reshape(numbers.shape)


def state(family):
    """The weights by transformers' names, in its order."""
    names = LAYER | OWN_NAMES.get(family.name, {})
    norm = "model.final_layernorm" if family.name == "phi2" else "model.norm"
    ends = {
        "token_embd": "model.embed_tokens", "output_norm": norm, "output": "lm_head",
        "per_layer_token_embd": "model.embed_tokens_per_layer",
        "per_layer_model_proj": "model.per_layer_model_projection",
        "per_layer_proj_norm": "model.per_layer_projection_norm",
    }
    layers = "model.layers"
    if family.name == "falcon":
        ends = {"token_embd": "transformer.word_embeddings", "output_norm": "transformer.ln_f"}
        if family.kv_heads > 1:
            names = names | {"attn_norm": "ln_mlp", "attn_norm_2": "ln_attn"}
        layers = "transformer.h"
    result = {}
    for full, numbers in arrays(family).items():
        if full.startswith("rope_"):
            continue
        stem, kind = full.rsplit(".", 1)
        numbers = reordered(family, full, numbers)
        if family.name == "falcon" and full.endswith("attn_qkv.weight"):
            numbers = in_groups(family, numbers)
        if family.name in ("gemma", "gemma2", "gemma3") and stem.endswith("norm"):
            numbers = numbers - 1
        if stem.startswith("blk."):
            _, layer, role = stem.split(".")
            if role == "layer_output_scale":
                result[f"{layers}.{layer}.layer_scalar"] = torch.tensor(numbers)
                continue
            name = f"{layers}.{layer}.{names[role]}"
            if family.name == "stablelm" and role.endswith(("q_norm", "k_norm")):
                for head, weights in enumerate(numbers):
                    place = name.replace("_norm", "_layernorm") + f".norms.{head}.weight"
                    result[place] = torch.tensor(weights)
                continue
        else:
            name = ends[stem]
        result[f"{name}.{kind}"] = torch.tensor(numbers)
    return result


def difference(name, family):
    make, config = configuration(name, family)
    model = make(config).double().eval()
    missing, unexpected = model.load_state_dict(state(family), strict=False)
    missing = [key for key in missing if not key.endswith(("inv_freq", "lm_head.weight", "layer_scalar"))]
    if missing or unexpected:
        raise SystemExit(f"{name}: transformers lacks {unexpected} and misses {missing}")
    model.tie_weights()
    factors = next((layer.factors for layer in family.layers if layer.factors is not None), None)
    if factors is not None and family.name != "mistral3":  # As LongRoPE and Llama 3's scaling leave them.
        rotary = model.model.rotary_emb
        own = "full_attention_inv_freq" if family.name == "gemma4" else "inv_freq"
        setattr(rotary, own, getattr(rotary, own) / torch.tensor(factors))
        rotary.attention_scaling = family.magnitude
    with torch.no_grad():
        theirs = model(torch.tensor([IDS])).logits[0].numpy()
    ours = Model(family, arrays(family)).logits(IDS, 1, 0)
    return np.abs(theirs - ours).max()


def main():
    failed = False
    for name, family in families():
        worst = difference(name, family)
        failed |= not worst < LIMIT
        print(f"{name}: {worst:.1e}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
