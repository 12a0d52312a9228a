"""The models of experts.py in PyPI's transformers, with the same numbers: its logits beside those of the reference.

transformers rounds norms, angles and the router's shares to f32 even in a model of float64, which makes differences of
1e-6.
"""
import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM, DeepseekV2Config, DeepseekV3Config, Gemma4TextConfig, Glm4MoeConfig, GptOssConfig,
    GraniteMoeConfig, GraniteMoeSharedConfig, MixtralConfig, OlmoeConfig, PhimoeConfig, Qwen2MoeConfig, Qwen3MoeConfig)

from experts import (
    COUNT, DENSE, EPSILON, GROUPS, GROWTH, INNER, LATENT, LATENT_ORIGINAL, LITE_GROWTH, ORIGINAL, PLAIN, SCALE, SHARED,
    SHARED_COUNT, STRETCH, TURNING, USED, USED_GROUPS, VALUE, WINDOW, stated)
from families import IDS, VOCABULARY, WIDTH

QWEN = {"num_experts": COUNT, "moe_intermediate_size": INNER, "intermediate_size": 64, "decoder_sparse_step": 1}
PARTS = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "post_attention_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "ffn_gate_inp": "mlp.gate", "ffn_gate_inp_shexp": "mlp.shared_expert_gate",
    "ffn_gate_shexp": "mlp.shared_expert.gate_proj", "ffn_up_shexp": "mlp.shared_expert.up_proj",
    "ffn_down_shexp": "mlp.shared_expert.down_proj",
}
# What families name otherwise; nothing for what is set elsewhere.
SHARED_PARTS = {
    "ffn_gate_shexp": "mlp.shared_experts.gate_proj", "ffn_up_shexp": "mlp.shared_experts.up_proj",
    "ffn_down_shexp": "mlp.shared_experts.down_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "exp_probs_b": "mlp.gate",
}
OWN_PARTS = {
    "gpt-oss": {"ffn_gate_inp": "mlp.router"}, "phimoe": {"ffn_gate_inp": "mlp.router"},
    "granitemoe": {
        "ffn_gate_inp": "block_sparse_moe.router", "ffn_gate_shexp": "", "ffn_up_shexp": "",
        "ffn_down_shexp": "shared_mlp.output_linear",
    },
    "glm4moe": SHARED_PARTS,
    "deepseek2": SHARED_PARTS | {
        "attn_q_a": "self_attn.q_a_proj", "attn_q_a_norm": "self_attn.q_a_layernorm", "attn_q_b": "self_attn.q_b_proj",
        "attn_kv_a_mqa": "self_attn.kv_a_proj_with_mqa", "attn_kv_a_norm": "self_attn.kv_a_layernorm",
        "attn_kv_b": "self_attn.kv_b_proj", "attn_k_b": "", "attn_v_b": "",
    },
    "gemma4": {
        "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
        "post_ffw_norm_1": "post_feedforward_layernorm_1", "post_ffw_norm_2": "post_feedforward_layernorm_2",
        "pre_ffw_norm_2": "pre_feedforward_layernorm_2", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj", "ffn_gate_inp": "router.proj",
    },
}
SCALES = {
    "ffn_gate_inp.scale": "router.scale", "ffn_down_exps.scale": "router.per_expert_scale",
    "layer_output_scale.weight": "layer_scalar",
}
ENDS = {
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output_norm.bias": "model.norm.bias", "output.weight": "lm_head.weight", "output.bias": "lm_head.bias",
}


def configuration(family):
    base = family.layers[0].base
    common = {
        "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": len(family.layers),
        "num_attention_heads": family.heads, "num_key_value_heads": family.kv_heads, "rms_norm_eps": EPSILON,
        "num_experts_per_tok": USED, "max_position_embeddings": 128, "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": base},
    }
    if family.name == "llama":
        return MixtralConfig(**common, num_local_experts=COUNT, intermediate_size=INNER, head_dim=family.size)
    if family.name == "qwen2moe":
        return Qwen2MoeConfig(**common, **QWEN, shared_expert_intermediate_size=SHARED, norm_topk_prob=False)
    if family.name == "qwen3moe":
        return Qwen3MoeConfig(**common, **QWEN, head_dim=family.size, norm_topk_prob=True)
    if family.name == "olmoe":
        return OlmoeConfig(**common, num_experts=COUNT, intermediate_size=INNER, norm_topk_prob=False)
    if family.name == "granitemoe":
        common.update(
            num_local_experts=COUNT, intermediate_size=INNER, embedding_multiplier=family.embedding_scale,
            residual_multiplier=family.residual_scale, attention_multiplier=family.score_scale,
            logits_scaling=1 / family.logit_scale, tie_word_embeddings=True)
        if not any("shexp" in entry[0] for entry in family.tensors):
            return GraniteMoeConfig(**common)
        return GraniteMoeSharedConfig(**common, shared_intermediate_size=SHARED)
    if family.name == "phimoe":
        names = {entry[0] for entry in family.tensors}
        factor = family.layers[0].factors
        if factor is not None:
            common["rope_parameters"] = {
                "rope_type": "longrope", "rope_theta": base, "long_factor": list(factor), "short_factor": list(factor),
                "original_max_position_embeddings": 32, "long_mscale": family.magnitude,
                "short_mscale": family.magnitude}
        return PhimoeConfig(
            **common, num_local_experts=COUNT, intermediate_size=INNER, router_jitter_noise=0.01,
            sliding_window=family.layers[0].window, attention_bias="blk.0.attn_q.bias" in names,
            lm_head_bias="output.bias" in names)
    if family.name == "gemma4":
        common["rope_parameters"] = {
            "full_attention": {"rope_type": "default", "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}
        del common["num_experts_per_tok"]
        return Gemma4TextConfig(**common | {"tie_word_embeddings": True}, **{
            "intermediate_size": DENSE, "head_dim": family.layers[0].size, "global_head_dim": family.size,
            "sliding_window": WINDOW, "layer_types": ["sliding_attention"] * 2 + ["full_attention"],
            "hidden_size_per_layer_input": 0, "enable_moe_block": True, "num_experts": COUNT, "top_k_experts": USED,
            "moe_intermediate_size": INNER})
    if family.name == "glm4moe":
        common["rope_parameters"]["partial_rotary_factor"] = family.rotary / family.size
        names = {entry[0] for entry in family.tensors}
        return Glm4MoeConfig(
            **common, n_routed_experts=COUNT, n_shared_experts=SHARED_COUNT, n_group=1, topk_group=1,
            moe_intermediate_size=INNER, intermediate_size=DENSE, first_k_dense_replace=1, norm_topk_prob=True,
            routed_scaling_factor=SCALE, head_dim=family.size, attention_bias="blk.0.attn_q.bias" in names,
            use_qk_norm="blk.0.attn_q_norm.weight" in names)
    if family.name == "deepseek2":
        return deepseek(family, common, base)
    common["rope_parameters"] = {
        "rope_type": "yarn", "rope_theta": base, "factor": STRETCH, "original_max_position_embeddings": ORIGINAL,
        "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
    }
    return GptOssConfig(
        **common, num_local_experts=COUNT, intermediate_size=INNER, head_dim=family.size, sliding_window=WINDOW)


def deepseek(family, common, base):
    is_v3 = stated(family, "expert_gating_func") == 2
    growth = GROWTH if is_v3 else LITE_GROWTH
    common.update(num_key_value_heads=family.heads, rope_parameters={
        "rope_type": "yarn", "rope_theta": base, "factor": STRETCH, "original_max_position_embeddings": LATENT_ORIGINAL,
        "beta_fast": 32.0, "beta_slow": 1.0, "mscale": growth, "mscale_all_dim": growth})
    groups = dict(n_group=GROUPS, topk_group=USED_GROUPS) if stated(family, "expert_group_count") else {}
    if not is_v3:
        groups["topk_method"] = "group_limited_greedy" if groups else "greedy"
    return (DeepseekV3Config if is_v3 else DeepseekV2Config)(
        **common, **groups, n_routed_experts=COUNT, n_shared_experts=SHARED_COUNT, moe_intermediate_size=INNER,
        intermediate_size=DENSE, first_k_dense_replace=1, norm_topk_prob=is_v3,
        routed_scaling_factor=stated(family, "expert_weights_scale") or 1.0, kv_lora_rank=LATENT,
        q_lora_rank=family.latent[1] or None, qk_nope_head_dim=PLAIN, qk_rope_head_dim=TURNING, v_head_dim=VALUE)


def unfolding(family, tensors, prefix):
    """What makes keys and values of latents, as one matrix."""
    keys = tensors[prefix + "attn_k_b.weight"].reshape(family.heads, LATENT, PLAIN).transpose(0, 2, 1)
    values = tensors[prefix + "attn_v_b.weight"].reshape(family.heads, VALUE, LATENT)
    return np.concatenate([keys, values], axis=1).reshape(-1, LATENT)


def experts(family, stacked):
    """Those of a layer: transformers has gate and up in one, side by side or, in gpt-oss, by turns."""
    def three(name):
        matrix = stacked[f"ffn_{name}_exps.weight"]
        return matrix.reshape(COUNT, -1, matrix.shape[1])

    gate, up, down = three("gate"), three("up"), three("down")
    if family.name != "gpt-oss":
        return {"gate_up_proj": np.concatenate([gate, up], axis=1), "down_proj": down}
    biases = [stacked[f"ffn_{name}_exps.bias"] for name in ("gate", "up", "down")]
    return {
        "gate_up_proj": np.stack([gate, up], axis=2).reshape(COUNT, -1, WIDTH).transpose(0, 2, 1),
        "gate_up_proj_bias": np.stack(biases[:2], axis=2).reshape(COUNT, -1),
        "down_proj": down.transpose(0, 2, 1), "down_proj_bias": biases[2],
    }


def state(family, tensors):
    """The tensors by transformers' names."""
    size = family.size
    # GGUF's llama has the two numbers of a pair side by side, transformers half a head apart.
    order = np.arange(size)
    if family.name in ("llama", "granitemoe"):
        order = np.concatenate([np.arange(0, size, 2), np.arange(1, size, 2)])
    result = {ENDS[full]: value for full, value in tensors.items() if full in ENDS}
    parts = PARTS | OWN_PARTS.get(family.name, {})
    mixture = {"granitemoe": "block_sparse_moe.", "gemma4": ""}.get(family.name, "mlp.")
    for layer in range(len(family.layers)):
        prefix, target = f"blk.{layer}.", f"model.layers.{layer}."
        stacked = {}
        if family.name == "granitemoe" and prefix + "ffn_gate_shexp.weight" in tensors:
            both = [tensors[f"{prefix}ffn_{name}_shexp.weight"] for name in ("gate", "up")]
            result[target + "shared_mlp.input_linear.weight"] = np.concatenate(both)
        if prefix + "attn_k_b.weight" in tensors:
            result[target + "self_attn.kv_b_proj.weight"] = unfolding(family, tensors, prefix)
        for full, value in tensors.items():
            if not full.startswith(prefix) or parts.get(full[len(prefix):].rsplit(".", 1)[0]) == "":
                continue
            part, kind = full[len(prefix):].rsplit(".", 1)
            if full[len(prefix):] in SCALES:
                result[target + SCALES[full[len(prefix):]]] = value
            elif part.endswith("_exps"):
                stacked[f"{part}.{kind}"] = value
            elif part == "attn_sinks":
                result[target + "self_attn.sinks"] = value
            else:
                if part in ("attn_q", "attn_k") and family.name != "gemma4":
                    value = value.reshape(-1, size, *value.shape[1:])[:, order].reshape(value.shape)
                if part == "ffn_gate_inp_shexp":
                    value = value[None]
                name = f"{target}{parts[part]}.{kind}"
                if part == "exp_probs_b":
                    name = target + "mlp.gate.e_score_correction_bias"
                result[name] = value
        for name, value in experts(family, stacked).items() if stacked else ():
            result[f"{target}{mixture}experts.{name}"] = value
    return {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in result.items()}


def difference(family, tensors, logits):
    model = AutoModelForCausalLM.from_config(
        configuration(family), attn_implementation="eager", experts_implementation="eager")
    model = model.to(torch.float64).eval()
    missing, unexpected = model.load_state_dict(state(family, tensors), strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise SystemExit(f"{family.name}: transformers lacks {unexpected} and misses {missing}")
    model.tie_weights()
    if family.name == "gemma4":
        rotary = model.model.rotary_emb
        rotary.full_attention_inv_freq = rotary.full_attention_inv_freq / torch.tensor(family.layers[-1].factors)
    with torch.no_grad():
        found = model(torch.tensor([IDS])).logits[0].numpy()
    return np.abs(found - logits).max()
