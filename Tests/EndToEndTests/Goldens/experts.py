#!/usr/bin/env python3
"""Logits of a small random model of each family with experts, in float64: what experts.json was made with.

usage: experts.py > experts.json      needs the PyPI package numpy, and gguf for a module it shares
       experts.py --compare           with the same models in PyPI's transformers, in float64; needs torch, too

families.py says how tensors are made, random_models.py how quantized ones are; those of all experts are one, expert after
expert.
"""
import json
import sys

import numpy as np
from families import F32, IDS, POLICIES, SANDWICH, VOCABULARY, WIDTH, count, matrix, number, window
from families import yarn as rounded_yarn
from family_reference import Family, Layer, Model, activated
from random_models import FLOATS, norm
from random_models import matrix as quantized_matrix

LAYERS, EPSILON = 3, 1e-6
# Experts, those of a token, numbers inside each, numbers inside the shared one.
COUNT, USED, INNER, SHARED = 6, 2, 40, 56
# gpt-oss's local layers, and its YaRN: by how much it stretches which length.
WINDOW, STRETCH, ORIGINAL = 13, 4.0, 1024
ALPHA, LIMIT = F32(1.702), 7.0
# GLM-4.5's: what weights are multiplied by, shared experts, numbers inside the first layer's one part.
SCALE, SHARED_COUNT, DENSE = 1.5, 2, 72
JITTER = 0.01
# DeepSeek's: numbers of the latent, of what queries are made of, of a head that do not turn, that turn, of its value;
# groups of experts and those that a token's are in; its YaRN and by which multiple of 0.1 that lets scores grow.
LATENT, QUERY_LATENT, PLAIN, TURNING, VALUE = 40, 36, 20, 12, 28
GROUPS, USED_GROUPS = 3, 2
LATENT_ORIGINAL, LITE_GROWTH, GROWTH = 256, 0.707, 1.0


def stated(family, key):
    """A number of a family's file."""
    return next((field.get("count", field.get("number")) for field in family.fields if field["key"] == key), None)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(gate, up):
    return gate * sigmoid(gate) * up


def gelu(gate, up):
    return activated(gate, "gelu") * up


def clamped(gate, up):
    gate = np.minimum(gate, LIMIT)
    return gate * sigmoid(ALPHA * gate) * (np.clip(up, -LIMIT, LIMIT) + 1)


def near(scores, greatest):
    """Scores that SparseMixer takes for near; the others are as good as none."""
    return np.where((greatest - scores) / np.maximum(np.abs(scores), greatest) > 2 * JITTER, -np.inf, scores)


def mixed(scores):
    """SparseMixer: two experts, each weighed among those near it, the second without the first."""
    first = np.argmax(scores)
    others = scores.copy()
    others[first] = -np.inf
    second = np.argmax(others)
    shares = softmax(near(scores, scores[first])), softmax(np.where(
        others == -np.inf, -np.inf, near(scores, scores[second])))
    return [(first, shares[0][first]), (second, shares[1][second])]


class Mixture(Model):
    """A decoder of layers with experts. `weighing`: a token's weights are parts of the softmax over "all" experts, or of
    that over the "chosen"; "mixed" by SparseMixer; or normalized values of a "sigmoid", chosen with a bias."""

    def __init__(self, family, tensors, weighing):
        super().__init__(family, tensors)
        self.weighing = weighing

    def weighed(self, scores, blk):
        """A token's experts and their weights."""
        if self.weighing == "mixed":
            return mixed(scores)
        is_sigmoid = self.weighing == "sigmoid"
        shares = sigmoid(scores) if is_sigmoid else softmax(scores)
        bias = self.tensors[blk + "exp_probs_b.bias"] if is_sigmoid else 0
        worths = shares + bias
        if stated(self.family, "expert_group_count"):
            best = np.sort(worths.reshape(GROUPS, -1), -1)[:, ::-1]
            groups = np.argsort(-best[:, :2 if is_sigmoid else 1].sum(-1), kind="stable")[:USED_GROUPS]
            worths = np.where(np.isin(np.arange(COUNT) // (COUNT // GROUPS), groups), worths, -np.inf)
        chosen = np.argsort(-worths, kind="stable")[:USED]
        total = 1 if self.weighing == "all" else shares[chosen].sum()
        return [(e, (stated(self.family, "expert_weights_scale") or 1) * shares[e] / total) for e in chosen]

    def expert(self, blk, name, e):
        """Matrix and bias of an expert."""
        stacked = self.tensors[f"{blk}{name}_exps.weight"]
        bias = self.tensors.get(f"{blk}{name}_exps.bias")
        return stacked.reshape(COUNT, -1, stacked.shape[1])[e].T, 0 if bias is None else bias[e]

    def fed(self, h, blk, x):
        if blk + "ffn_gate_inp.weight" not in self.tensors:
            return super().fed(h, blk, x)
        if blk + "pre_ffw_norm_2.weight" not in self.tensors:
            return self.mixed(h, blk, self.linear(h, blk + "ffn_gate_inp"))
        # Beside a gated part, by norms of their own, of which the router's is divided by the root of the width.
        dense = self.normed(super().fed(h, blk, x), blk + "post_ffw_norm_1")
        read = self.unweighted(x) * self.tensors[blk + "ffn_gate_inp.scale"] / np.sqrt(WIDTH)
        part = self.mixed(self.normed(x, blk + "pre_ffw_norm_2"), blk, self.linear(read, blk + "ffn_gate_inp"))
        return dense + self.normed(part, blk + "post_ffw_norm_2")

    def mixed(self, h, blk, scores):
        gated = {"gpt-oss": clamped, "gemma4": gelu}.get(self.family.name, silu)
        scales = self.tensors.get(blk + "ffn_down_exps.scale", np.ones(COUNT))
        result = np.zeros_like(h)
        for row, own in enumerate(scores):
            for e, share in self.weighed(own, blk):
                gate, up = (
                    h[row] @ weight + bias
                    for weight, bias in (self.expert(blk, "ffn_gate", e), self.expert(blk, "ffn_up", e)))
                weight, bias = self.expert(blk, "ffn_down", e)
                result[row] += share * scales[e] * (gated(gate, up) @ weight + bias)
        if blk + "ffn_gate_shexp.weight" not in self.tensors:
            return result
        inner = silu(self.linear(h, blk + "ffn_gate_shexp"), self.linear(h, blk + "ffn_up_shexp"))
        router = self.tensors.get(blk + "ffn_gate_inp_shexp.weight")
        share = 1 if router is None else sigmoid(h @ router)[:, None]
        return result + share * self.linear(inner, blk + "ffn_down_shexp")


def listed(family, norms=("attn_norm", "ffn_norm"), biases=(), norm_biases=False, head_norms=False, row_norms=False,
           shared=None, gates_shared=False, chooses=False, sinks=False, dense=None, beside=None, layer=Layer()):
    """Name, columns, rows (1 for a vector) and experts of a layer's tensors. `shared`: numbers inside the shared
    expert, `dense`: inside the one part of a layer without experts, `beside`: inside the part beside them."""
    size = layer.size or family.size
    queries, keys = family.heads * size, (layer.kv_heads or family.kv_heads) * size
    matrices = [
        ("attn_q", WIDTH, queries, 1), ("attn_k", WIDTH, keys, 1), ("attn_v", WIDTH, keys, 1),
        ("attn_output", queries, WIDTH, 1),
    ]
    if family.latent:
        matrices = latent_matrices(family)
        listed_norms = [("attn_q_a_norm.weight", QUERY_LATENT, 1, 1)] if family.latent[1] else []
        listed_norms.append(("attn_kv_a_norm.weight", LATENT, 1, 1))
    one = dense or beside
    if one:
        matrices += [("ffn_gate", WIDTH, one, 1), ("ffn_up", WIDTH, one, 1), ("ffn_down", one, WIDTH, 1)]
    if not dense:
        matrices += [
            ("ffn_gate_inp", WIDTH, COUNT, 1), ("ffn_gate_exps", WIDTH, INNER, COUNT),
            ("ffn_up_exps", WIDTH, INNER, COUNT), ("ffn_down_exps", INNER, WIDTH, COUNT),
        ]
    if gates_shared:
        matrices.append(("ffn_gate_inp_shexp", WIDTH, 1, 1))
    if shared and not dense:
        matrices += [
            ("ffn_gate_shexp", WIDTH, shared, 1), ("ffn_up_shexp", WIDTH, shared, 1),
            ("ffn_down_shexp", shared, WIDTH, 1),
        ]
    listed = [(name + ".weight", WIDTH, 1, 1) for name in norms]
    listed += [(name + ".bias", WIDTH, 1, 1) for name in norms if norm_biases]
    listed += [(name + ".weight", *sizes) for name, *sizes in matrices]
    # Those of all experts are a row each.
    listed += [
        (name + ".bias", rows, experts, 1) for name, _, rows, experts in matrices if name in biases or biases == "all"
    ]
    if family.latent:
        listed += listed_norms
    if head_norms:
        listed += [("attn_q_norm.weight", size, 1, 1), ("attn_k_norm.weight", size, 1, 1)]
    if row_norms:
        listed += [("attn_q_norm.weight", queries, 1, 1), ("attn_k_norm.weight", keys, 1, 1)]
    if chooses and not dense:
        listed.append(("exp_probs_b.bias", COUNT, 1, 1))
    if beside:
        listed += [(name, WIDTH, 1, 1) for name in (
            "ffn_gate_inp.scale", "pre_ffw_norm_2.weight", "post_ffw_norm_1.weight", "post_ffw_norm_2.weight")]
        listed += [("ffn_down_exps.scale", COUNT, 1, 1), ("layer_output_scale.weight", 1, 1, 1)]
    if sinks:
        listed.append(("attn_sinks.weight", family.heads, 1, 1))
    return listed


def latent_matrices(family):
    if family.latent[1]:
        queries = [
            ("attn_q_a", WIDTH, QUERY_LATENT, 1), ("attn_q_b", QUERY_LATENT, family.heads * family.size, 1)]
    else:
        queries = [("attn_q", WIDTH, family.heads * family.size, 1)]
    # Newer files have what makes keys with rows and columns exchanged.
    unfolding = [("attn_k_b", PLAIN, LATENT, family.heads), ("attn_v_b", LATENT, VALUE, family.heads)]
    if not stated(family, "attention.key_length_mla"):
        unfolding = [("attn_kv_b", LATENT, family.heads * (PLAIN + VALUE), 1)]
    return queries + [("attn_kv_a_mqa", WIDTH, LATENT + TURNING, 1)] + unfolding + [
        ("attn_output", family.heads * VALUE, WIDTH, 1)]


def directory(family, first=None, ends=(), tied=False, **forms):
    """The tensors of a model. `first`: what the first layer has instead of the forms."""
    family.tensors = [("token_embd.weight", WIDTH, VOCABULARY, 1)]
    for index, layer in enumerate(family.layers):
        own = forms | first if first and index == 0 else forms
        family.tensors += [(f"blk.{index}.{name}", *sizes) for name, *sizes in listed(family, layer=layer, **own)]
    family.tensors.append(("output_norm.weight", WIDTH, 1, 1))
    if not tied:
        family.tensors.append(("output.weight", WIDTH, VOCABULARY, 1))
    family.tensors += ends
    return family


def yarn(base, size):
    """What each pair's frequency is divided by. The ramp begins and ends between pairs."""
    def pair(rotations):
        return size * np.log(ORIGINAL / (rotations * 2 * np.pi)) / (2 * np.log(base))

    low, high = max(pair(32), 0), min(pair(1), size - 1)
    kept = 1 - np.clip((np.arange(size // 2) - low) / (high - low), 0, 1)
    return 1 / (kept + (1 - kept) / STRETCH)


def families():
    """Name in the goldens, each family, and how its experts are weighed."""
    def plain(base):
        return [Layer(base)] * LAYERS

    qkv = ("attn_q", "attn_k", "attn_v")
    yield "llama", directory(Family("llama", 24, plain(10000.0))), "chosen"
    yield "qwen2moe", directory(
        Family("qwen2moe", 24, plain(1e6), half_split=True), biases=qkv, shared=SHARED, gates_shared=True), "all"
    yield "qwen3moe", directory(Family("qwen3moe", 40, plain(1e6), half_split=True), head_norms=True), "chosen"
    base, factors = 150000.0, yarn(150000.0, 24)
    layers = [Layer(base, factors, WINDOW if i % 2 == 0 else None, local=i % 2 == 0) for i in range(4)]
    scaling = [
        number("rope.scaling.factor", STRETCH), count("rope.scaling.original_context_length", ORIGINAL),
        {"key": "rope.scaling.type", "text": "yarn"},
    ]
    yield "gpt-oss", directory(
        Family("gpt-oss", 24, layers, half_split=True, magnitude=0.1 * np.log(STRETCH) + 1,
               fields=[window(WINDOW)] + scaling),
        norms=("attn_norm", "post_attention_norm"), biases="all", sinks=True), "chosen"
    yield "olmoe", directory(Family("olmoe", 24, plain(10000.0), half_split=True), row_norms=True), "all"
    granite = dict(
        embedding_scale=3.0, residual_scale=F32(0.7), score_scale=F32(0.8), logit_scale=0.5,
        fields=[number("embedding_scale", 3), number("residual_scale", 0.7), number("attention.scale", 0.8),
                number("logit_scale", 2)])
    yield "granitemoe", directory(Family("granitemoe", 24, plain(10000.0), **granite), tied=True), "chosen"
    shared = dict(granite, fields=granite["fields"] + [count("expert_shared_feed_forward_length", SHARED)])
    yield "granitemoe with a shared expert", directory(
        Family("granitemoe", 24, plain(10000.0), **shared), shared=SHARED, tied=True), "chosen"
    phi = dict(norm="layer", half_split=True)
    ends = [("output_norm.bias", WIDTH, 1, 1), ("output.bias", VOCABULARY, 1, 1)]
    yield "phimoe", directory(
        Family("phimoe", 24, plain(10000.0), **phi), biases=qkv + ("attn_output",), norm_biases=True, ends=ends), "mixed"
    # The stage's context of 52 tokens is longer than the original one, so the long factors count.
    factors = [("rope_factors_long.weight", 12, 1, 1), ("rope_factors_short.weight", 12, 1, 1)]
    long_rope = [count("rope.scaling.original_context_length", 32), number("rope.scaling.attn_factor", 1.19)]
    yield "phimoe with LongRoPE", directory(
        Family("phimoe", 24, [Layer(10000.0, norm(12), 21)] * LAYERS, magnitude=F32(1.19), **phi,
               fields=[window(21)] + long_rope), norm_biases=True, ends=ends[:1] + factors), "mixed"
    glm = [
        count("rope.dimension_count", 12), count("expert_shared_count", SHARED_COUNT), count("expert_gating_func", 2),
        count("leading_dense_block_count", 1), {"key": "expert_weights_norm", "flag": True},
        number("expert_weights_scale", SCALE),
    ]
    forms = dict(
        norms=("attn_norm", "post_attention_norm"), shared=SHARED_COUNT * INNER, chooses=True, first=dict(dense=DENSE))

    def air(**more):
        return Family("glm4moe", 24, plain(1e6), rotary=12, half_split=True, feed_forward=DENSE, **more)

    yield "glm4moe", directory(air(fields=glm), biases=qkv, **forms), "sigmoid"
    # The 355B model's norms of heads, and a layer that predicts the token after the next, which is passed over.
    further = [(f"blk.{LAYERS}.{name}", *sizes) for name, *sizes in [
        ("attn_norm.weight", WIDTH, 1, 1), ("nextn.eh_proj.weight", 2 * WIDTH, WIDTH, 1)]]
    yield "glm4moe with a layer for drafts", directory(
        air(fields=glm + [count("nextn_predict_layers", 1)]), head_norms=True, ends=further, **forms), "sigmoid"
    layers = [Layer(window=WINDOW, local=True, size=16)] * 2 + [Layer(1e6, norm(12))]
    local = [
        window(WINDOW), count("attention.sliding_window_pattern", 3), count("attention.key_length_swa", 16),
        number("rope.freq_base_swa", 1e4),
    ]
    yield "gemma4 with experts", directory(
        Family("gemma4", 24, layers, half_split=True, form="sandwich", activation="gelu", value_norm=True,
               score_scale=1.0, embedding_scale=float(np.sqrt(np.float32(WIDTH))), feed_forward=DENSE, fields=local),
        tied=True, norms=SANDWICH, head_norms=True, beside=DENSE, ends=[("rope_freqs.weight", 12, 1, 1)]), "chosen"

    yield from deepseeks()


def deepseeks():
    def model(growth, query_latent, is_new, fields):
        lengths = [
            count("attention.key_length_mla", PLAIN + TURNING), count("attention.value_length_mla", VALUE),
            count("attention.key_length", LATENT + TURNING), count("attention.value_length", LATENT),
            count("attention.head_count_kv", 1),
        ] if is_new else [
            count("attention.key_length", PLAIN + TURNING), count("attention.value_length", VALUE),
            count("attention.head_count_kv", 4),
        ]
        shared = [
            count("attention.kv_lora_rank", LATENT), count("rope.dimension_count", TURNING),
            count("expert_shared_count", SHARED_COUNT), count("leading_dense_block_count", 1),
            {"key": "rope.scaling.type", "text": "yarn"}, number("rope.scaling.factor", STRETCH),
            count("rope.scaling.original_context_length", LATENT_ORIGINAL),
            number("rope.scaling.yarn_log_multiplier", 0.1 * growth),
        ] + ([count("attention.q_lora_rank", QUERY_LATENT)] if query_latent else [])
        size = PLAIN + TURNING
        layers = [Layer(10000.0, rounded_yarn(10000.0, TURNING, STRETCH, LATENT_ORIGINAL))] * LAYERS
        return Family(
            "deepseek2", size, layers, kv_heads=4, rotary=TURNING, feed_forward=DENSE,
            score_scale=(1 + 0.1 * growth * np.log(STRETCH)) ** 2 / np.sqrt(size),
            latent=(LATENT, QUERY_LATENT if query_latent else 0, VALUE), fields=lengths + shared + fields)

    forms = dict(shared=SHARED_COUNT * INNER, first=dict(dense=DENSE))
    groups = [count("expert_group_count", GROUPS), count("expert_group_used_count", USED_GROUPS)]
    scale = [number("expert_weights_scale", SCALE)]
    v3 = groups + scale + [count("expert_gating_func", 2), {"key": "expert_weights_norm", "flag": True}]
    yield "deepseek2 of V2-Lite", directory(model(LITE_GROWTH, False, False, []), **forms), "all"
    yield "deepseek2 of V2", directory(model(LITE_GROWTH, True, False, groups + scale), **forms), "all"
    yield "deepseek2 of V2 in its newer form", directory(model(LITE_GROWTH, True, True, groups + scale), **forms), "all"
    yield "deepseek2 of V3 in its older form", directory(model(GROWTH, True, False, v3), chooses=True, **forms), "sigmoid"
    further = [(f"blk.{LAYERS}.{name}", *sizes) for name, *sizes in [
        ("attn_norm.weight", WIDTH, 1, 1), ("nextn.eh_proj.weight", 2 * WIDTH, WIDTH, 1)]]
    yield "deepseek2 of V3", directory(
        model(GROWTH, True, True, v3 + [count("nextn_predict_layers", 1)]), ends=further, chooses=True,
        **forms), "sigmoid"


def in_whole_blocks():
    """DeepSeek V2 in Q8_0, in both forms: rows are whole blocks of 32."""
    sizes = dict(LATENT=64, QUERY_LATENT=32, PLAIN=32, VALUE=32, INNER=64, DENSE=96)
    usual = {name: globals()[name] for name in sizes}
    globals().update(sizes)
    for name, family, weighing in deepseeks():
        if name in ("deepseek2 of V2", "deepseek2 of V2 in its newer form"):
            yield name + ", Q8_0", family, weighing
    globals().update(usual)


def is_quantized(title, name, rows):
    """Of a model in Q8_0, all matrices but those that choose experts."""
    return title.endswith("Q8_0") and rows > 1 and "ffn_gate_inp" not in name


def tensor(title, place, name, columns, rows, experts):
    if is_quantized(title, name, rows):
        return quantized_matrix(place, "Q8_0", columns, rows * experts)
    if rows > 1:
        return matrix(place, columns, rows * experts)
    is_factor = name.endswith(("norm.weight", "norm_1.weight", "norm_2.weight", "scale", "output_scale.weight"))
    return norm(columns) - (not is_factor and not name.startswith("rope_"))


def arrays(family, title=""):
    return {entry[0]: tensor(title, place, *entry) for place, entry in enumerate(family.tensors, 1)}


def golden(name, family, weighing):
    model = Mixture(family, arrays(family, name), weighing)
    drafts = sum(field.get("count", 0) for field in family.fields if field["key"] == "nextn_predict_layers")
    counts = {"block_count": len(family.layers) + drafts}
    if not family.latent:
        counts |= {"attention.key_length": family.size, "attention.value_length": family.size}
    counts |= {"expert_count": COUNT, "expert_used_count": USED}
    # Granite's and Phi's files have the size of an expert as that of a layer's one part.
    if family.name not in ("granitemoe", "phimoe"):
        counts["expert_feed_forward_length"] = INNER
    if family.name == "qwen2moe":
        counts["expert_shared_feed_forward_length"] = SHARED
    return {
        "name": name, "architecture": family.name,
        "feed_forward": DENSE if family.name in ("glm4moe", "deepseek2", "gemma4") else INNER,
        "runs": [
            {
                "group_size": group_size, "neighbor_window": neighbors,
                "logits": [round(float(x), 5) for x in model.logits(IDS, group_size, neighbors)[-1]],
            } for group_size, neighbors in POLICIES
        ],
        "fields": [count(*entry) for entry in counts.items()] + [
            number("rope.freq_base", family.layers[-1].base), number("attention.layer_norm_rms_epsilon", EPSILON),
        ] + family.fields,
        "tensors": [
            {"name": n, "type": "Q8_0" if is_quantized(name, n, r) else "F32", "columns": c, "rows": r}
            | ({"experts": e} if e > 1 else {}) for n, c, r, e in family.tensors
        ],
    }


def main():
    if sys.argv[1:] == ["--compare"]:
        from expert_transformers import difference
        for name, family, weighing in families():
            tensors = arrays(family, name)
            logits = Mixture(family, tensors, weighing).logits(IDS, 1, 0)
            print(f"{name}: logits differ by {difference(family, tensors, logits):.2e} at most")
        return
    models = [golden(*entry) for entry in families()] + [golden(*entry) for entry in in_whole_blocks()]
    halves = {"Q8_0": [
        {"offset": at, "bits": int(np.array(value, "<f2").view("<u2"))} for at, value in FLOATS["Q8_0"]]}
    json.dump({"ids": IDS, "halves": halves, "models": models}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
