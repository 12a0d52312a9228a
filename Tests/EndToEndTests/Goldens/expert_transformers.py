"""The models of experts.py in PyPI's transformers, with the same numbers: its logits beside those of the reference.

transformers rounds norms and the router's shares to f32 even in a model of float64, which makes differences of 1e-6.
"""
import numpy as np
import torch
from transformers import AutoModelForCausalLM, MixtralConfig, Qwen2MoeConfig, Qwen3MoeConfig

from experts import COUNT, EPSILON, HEADS, INNER, KV_HEADS, LAYERS, SHARED, USED, VOCABULARY, WIDTH
from families import IDS

COMMON = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS, "rms_norm_eps": EPSILON, "num_experts_per_tok": USED,
    "max_position_embeddings": 128, "tie_word_embeddings": False,
}
QWEN = {"num_experts": COUNT, "moe_intermediate_size": INNER, "intermediate_size": 64, "decoder_sparse_step": 1}


def configuration(name, size, base):
    rope = {"rope_type": "default", "rope_theta": base}
    if name == "llama":
        return MixtralConfig(
            **COMMON, num_local_experts=COUNT, intermediate_size=INNER, head_dim=size, rope_parameters=rope)
    if name == "qwen2moe":
        return Qwen2MoeConfig(
            **COMMON, **QWEN, shared_expert_intermediate_size=SHARED, norm_topk_prob=False, rope_parameters=rope)
    return Qwen3MoeConfig(**COMMON, **QWEN, head_dim=size, norm_topk_prob=True, rope_parameters=rope)


def state(name, size, tensors):
    """The tensors by transformers' names."""
    # GGUF's llama has the two numbers of a pair side by side, transformers half a head apart.
    order = np.arange(size) if name != "llama" else np.concatenate([np.arange(0, size, 2), np.arange(1, size, 2)])
    names = {
        "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }
    result = {names[full]: value for full, value in tensors.items() if full in names}
    parts = {
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "ffn_gate_inp": "mlp.gate",
        "ffn_gate_inp_shexp": "mlp.shared_expert_gate", "ffn_gate_shexp": "mlp.shared_expert.gate_proj",
        "ffn_up_shexp": "mlp.shared_expert.up_proj", "ffn_down_shexp": "mlp.shared_expert.down_proj",
    }
    for layer in range(LAYERS):
        prefix, target = f"blk.{layer}.", f"model.layers.{layer}."
        stacked = {}
        for full, value in tensors.items():
            if not full.startswith(prefix):
                continue
            part, kind = full[len(prefix):].rsplit(".", 1)
            if part.endswith("_exps"):
                stacked[part] = value.reshape(COUNT, -1, value.shape[1])
                continue
            if part in ("attn_q", "attn_k"):
                heads = value.reshape(-1, size, *value.shape[1:])
                value = heads[:, order].reshape(value.shape)
            if part == "ffn_gate_inp_shexp":
                value = value[None]
            result[f"{target}{parts[part]}.{kind}"] = value
        result[target + "mlp.experts.gate_up_proj"] = np.concatenate(
            [stacked["ffn_gate_exps"], stacked["ffn_up_exps"]], axis=1)
        result[target + "mlp.experts.down_proj"] = stacked["ffn_down_exps"]
    return {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in result.items()}


def differences(families, tensors_of, logits):
    for family in families:
        name, size, base, *_, listed = family
        tensors = tensors_of(listed)
        model = AutoModelForCausalLM.from_config(
            configuration(name, size, base), attn_implementation="eager",
            experts_implementation="eager").to(torch.float64).eval()
        model.load_state_dict(state(name, size, tensors))
        with torch.no_grad():
            found = model(torch.tensor([IDS])).logits[0].numpy()
        yield name, np.abs(found - logits(tensors, family, 1, 0)).max()
