"""The models of experts.py in PyPI's transformers, with the same numbers: its logits beside those of the reference.

transformers rounds norms, angles and the router's shares to f32 even in a model of float64, which makes differences of
1e-6.
"""
import numpy as np
import torch
from transformers import AutoModelForCausalLM, GptOssConfig, MixtralConfig, Qwen2MoeConfig, Qwen3MoeConfig

from experts import COUNT, EPSILON, INNER, ORIGINAL, SHARED, STRETCH, USED, WINDOW
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
ENDS = {
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
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
    common["rope_parameters"] = {
        "rope_type": "yarn", "rope_theta": base, "factor": STRETCH, "original_max_position_embeddings": ORIGINAL,
        "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
    }
    return GptOssConfig(
        **common, num_local_experts=COUNT, intermediate_size=INNER, head_dim=family.size, sliding_window=WINDOW)


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
    if family.name == "llama":
        order = np.concatenate([np.arange(0, size, 2), np.arange(1, size, 2)])
    result = {ENDS[full]: value for full, value in tensors.items() if full in ENDS}
    for layer in range(len(family.layers)):
        prefix, target = f"blk.{layer}.", f"model.layers.{layer}."
        stacked = {}
        for full, value in tensors.items():
            if not full.startswith(prefix):
                continue
            part, kind = full[len(prefix):].rsplit(".", 1)
            if part.endswith("_exps"):
                stacked[f"{part}.{kind}"] = value
            elif part == "attn_sinks":
                result[target + "self_attn.sinks"] = value
            else:
                if part in ("attn_q", "attn_k"):
                    value = value.reshape(-1, size, *value.shape[1:])[:, order].reshape(value.shape)
                if part == "ffn_gate_inp_shexp":
                    value = value[None]
                name = "mlp.router" if part == "ffn_gate_inp" and family.name == "gpt-oss" else PARTS[part]
                result[f"{target}{name}.{kind}"] = value
        for name, value in experts(family, stacked).items():
            result[f"{target}mlp.experts.{name}"] = value
    return {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in result.items()}


def difference(family, tensors, logits):
    model = AutoModelForCausalLM.from_config(
        configuration(family), attn_implementation="eager", experts_implementation="eager")
    model = model.to(torch.float64).eval()
    model.load_state_dict(state(family, tensors))
    with torch.no_grad():
        found = model(torch.tensor([IDS])).logits[0].numpy()
    return np.abs(found - logits).max()
