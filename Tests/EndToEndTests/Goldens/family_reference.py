"""Logits of a decoder by its formulas, in float64, for every form that a layer may have. Used by families.py."""
import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Layer:
    """What layers of one model may differ in."""
    base: float | None = 10000.0  # RoPE's base; None is a layer without positions.
    factors: np.ndarray | None = None  # What each pair's frequency is divided by.
    window: int | None = None  # Tokens that a query sees, its own included.
    local: bool = False  # A local layer keeps its window and true distances under grouping; else grouping ends it.
    size: int | None = None  # Of a head, and its key-value heads, where these are not the family's.
    kv_heads: int | None = None
    feed_forward: int | None = None  # The width of its feed-forward part, where that is not the family's.
    source: int | None = None  # The layer whose keys and values it attends to, where it makes none.


@dataclass
class Family:
    name: str
    size: int  # Of a head.
    layers: list[Layer]
    heads: int = 4
    kv_heads: int = 2
    rotary: int | None = None  # Numbers of a head that turn; None is all.
    half_split: bool = False  # RoPE pairs (p, p + rotary/2) instead of (2p, 2p + 1).
    magnitude: float = 1.0  # Of turned queries and keys.
    norm: str = "rms"  # or "layer"
    epsilon: float = 1e-6
    form: str = "pre"  # Where norms stand: "pre", "post", "sandwich", or "parallel".
    activation: str = "silu"  # or "gelu", by tanh, or "erf", GELU itself.
    feed_forward: int = 160
    value_norm: bool = False  # Of each head of values, without weights.
    score_scale: float | None = None
    score_cap: float | None = None
    logit_cap: float | None = None
    temperature: tuple | None = None  # How scores grow, and after how many tokens.
    embedding_scale: float = 1.0
    residual_scale: float = 1.0
    logit_scale: float = 1.0
    per_layer: int = 0  # Numbers that each token gives every layer, beside the hidden states.
    latent: tuple | None = None  # Numbers of the latent, of what queries are made of (0 is none), and of a head's value.
    fields: list[dict] = field(default_factory=list)  # Metadata of the file, beside what every family has.
    tensors: list[tuple] = field(default_factory=list)  # Name, columns, rows (1 for a vector).


def capped(x, cap):
    return x if cap is None else cap * np.tanh(x / cap)


def activated(x, name):
    if name == "silu":
        return x / (1 + np.exp(-x))
    if name == "erf":
        return x / 2 * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


class Model:
    def __init__(self, family, tensors):
        self.family, self.tensors = family, tensors
        self.made = {}  # By layer: the keys, not turned yet, and values that others attend to.

    def unweighted(self, x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.family.epsilon)

    def normed(self, x, name):
        weight, bias = self.tensors[name + ".weight"], self.tensors.get(name + ".bias", 0)
        if self.family.norm == "layer":
            x = x - x.mean(-1, keepdims=True)
        return self.unweighted(x) * weight + bias

    def linear(self, x, name):
        return x @ self.tensors[name + ".weight"].T + self.tensors.get(name + ".bias", 0)

    def rotated(self, x, layer, at):
        """Heads [tokens, heads, size], turned to a position for each token."""
        if layer.base is None:
            return x
        rotary = self.family.rotary or x.shape[-1]
        radians = layer.base ** (-2 * np.arange(rotary // 2) / rotary)
        if layer.factors is not None:
            radians = radians / layer.factors
        first, second = (
            (slice(0, rotary // 2), slice(rotary // 2, rotary)) if self.family.half_split
            else (slice(0, rotary, 2), slice(1, rotary, 2)))
        cosine, sine = (self.family.magnitude * f(at[:, None] * radians)[:, None, :] for f in (np.cos, np.sin))
        result = x.copy()
        result[..., first] = x[..., first] * cosine - x[..., second] * sine
        result[..., second] = x[..., first] * sine + x[..., second] * cosine
        return result

    def projected(self, h, blk, layer):
        """Queries, keys and values, [tokens, heads, size], normalized where there is a norm of one head or of all."""
        family = self.family
        if family.latent:
            return self.unfolded(h, blk)
        if blk + "attn_qkv.weight" in self.tensors:
            sizes = np.cumsum([family.heads, family.kv_heads])
            rows = np.split(self.linear(h, blk + "attn_qkv"), sizes * family.size, -1)
        else:
            # Values may be what keys are before their norm.
            value = "attn_v" if blk + "attn_v.weight" in self.tensors else "attn_k"
            names = ("attn_q", "attn_k", value) if layer.source is None else ("attn_q",)
            rows = [self.linear(h, blk + name) for name in names]
        for index, name in enumerate(("attn_q_norm", "attn_k_norm")):
            norm = self.tensors.get(f"{blk}{name}.weight")
            if norm is None:
                continue
            # A matrix has a row for each head.
            heads = rows[index].reshape(len(h), -1, norm.shape[-1])
            rows[index] = self.normed(heads, blk + name).reshape(len(h), -1)
        query, *made = (x.reshape(len(h), -1, layer.size or family.size) for x in rows)
        if layer.source is None:
            key, value = made
            self.made[blk] = key, self.unweighted(value) if family.value_norm else value
        return query, *self.made[blk if layer.source is None else f"blk.{layer.source}."]

    def unfolded(self, h, blk):
        """The same out of one latent vector a token; of queries and keys the numbers that turn come first, which are the
        same in all heads of keys."""
        family = self.family
        latent_size, query_size, value_size = family.latent
        plain = family.size - family.rotary
        if query_size:
            query = self.linear(self.normed(self.linear(h, blk + "attn_q_a"), blk + "attn_q_a_norm"), blk + "attn_q_b")
        else:
            query = self.linear(h, blk + "attn_q")
        query = np.roll(query.reshape(len(h), family.heads, family.size), family.rotary, -1)
        latent, turning = np.split(self.linear(h, blk + "attn_kv_a_mqa"), [latent_size], -1)
        latent = self.normed(latent, blk + "attn_kv_a_norm")
        if blk + "attn_kv_b.weight" in self.tensors:
            both = self.linear(latent, blk + "attn_kv_b").reshape(len(h), family.heads, plain + value_size)
            key, value = np.split(both, [plain], -1)
        else:
            keys = self.tensors[blk + "attn_k_b.weight"].reshape(family.heads, latent_size, plain)
            values = self.tensors[blk + "attn_v_b.weight"].reshape(family.heads, value_size, latent_size)
            key, value = np.einsum("tl,hlp->thp", latent, keys), np.einsum("tl,hvl->thv", latent, values)
        turning = np.repeat(turning[:, None], family.heads, 1)
        return query, np.concatenate([turning, key], -1), value

    def attention(self, h, blk, layer, group_size, window):
        family = self.family
        query, key, value = self.projected(h, blk, layer)
        positions = np.arange(len(h))
        distance = positions[:, None] - positions[None, :]
        seen = distance >= 0
        if layer.window is not None and (layer.local or group_size == 1):
            seen &= distance < layer.window
        if layer.local or layer.base is None:
            group_size, window = 1, 0
        neighbor_query, neighbor_key = self.rotated(query, layer, positions), self.rotated(key, layer, positions)
        grouped_query = self.rotated(query, layer, positions // group_size + window - window // group_size)
        grouped_key = self.rotated(key, layer, positions // group_size)
        scale = family.score_scale or family.size**-0.5
        if family.temperature:
            growth, length = family.temperature
            scale = (scale * (1 + growth * np.log(1 + positions // length)))[:, None]
        attended = np.zeros((len(h), family.heads, value.shape[-1]))
        for head in range(family.heads):
            group = head // (family.heads // key.shape[1])
            neighbor = neighbor_query[:, head] @ neighbor_key[:, group].T
            grouped = grouped_query[:, head] @ grouped_key[:, group].T
            scores = capped(np.where(distance < window, neighbor, grouped) * scale, family.score_cap)
            scores = np.where(seen, scores, -np.inf)
            # A sink is a score of no key: it takes its share and gives nothing.
            sink = self.tensors.get(blk + "attn_sinks.weight", np.full(family.heads, -np.inf))[head]
            greatest = np.maximum(scores.max(-1, keepdims=True), sink)
            share = np.exp(scores - greatest)
            total = share.sum(-1, keepdims=True) + np.exp(sink - greatest)
            attended[:, head] = share / total @ value[:, group]
        return self.linear(attended.reshape(len(h), -1), blk + "attn_output")

    def fed(self, h, blk, x):
        """A layer's feed-forward part of `h`, the norm of the hidden states `x`."""
        up = self.linear(h, blk + "ffn_up")
        if blk + "ffn_gate.weight" in self.tensors:
            up = activated(self.linear(h, blk + "ffn_gate"), self.family.activation) * up
        elif up.shape[-1] == 2 * self.family.feed_forward:
            gate, up = np.split(up, 2, -1)
            up = activated(gate, self.family.activation) * up
        else:
            up = activated(up, self.family.activation)
        return self.linear(up, blk + "ffn_down")

    def inputs(self, ids, embedded):
        """What each token gives every layer, [tokens, layers, numbers]."""
        size = self.family.per_layer
        made = self.linear(embedded, "per_layer_model_proj") / np.sqrt(embedded.shape[-1])
        made = self.normed(made.reshape(len(ids), -1, size), "per_layer_proj_norm")
        looked_up = self.tensors["per_layer_token_embd.weight"][ids].reshape(made.shape) * np.sqrt(size)
        return (made + looked_up) / np.sqrt(2)

    def logits(self, ids, group_size, window):
        """After every token, [tokens, vocabulary]."""
        family = self.family
        x = self.tensors["token_embd.weight"][ids] * family.embedding_scale
        inputs = self.inputs(ids, x) if family.per_layer else None
        before, after = family.form != "post", family.form in ("post", "sandwich")
        # Files of one family call the norm of the feed-forward part by another name.
        feed_norm = "post_attention_norm" if family.name in ("seed_oss", "gpt-oss", "glm4moe") else "ffn_norm"
        for number, layer in enumerate(family.layers):
            blk = f"blk.{number}."
            h = self.normed(x, blk + "attn_norm") if before else x
            # Falcon 40B's attention reads a norm of its own.
            own = blk + "attn_norm_2"
            read = self.normed(x, own) if own + ".weight" in self.tensors else h
            part = self.attention(read, blk, layer, group_size, window)
            x = x + family.residual_scale * (self.normed(part, blk + "post_attention_norm") if after else part)
            if family.form != "parallel":
                h = self.normed(x, blk + feed_norm) if before else x
            part = self.fed(h, blk, x)
            x = x + family.residual_scale * (self.normed(part, blk + "post_ffw_norm") if after else part)
            if inputs is not None:
                weighed = activated(self.linear(x, blk + "inp_gate"), "gelu") * inputs[:, number]
                x = x + self.normed(self.linear(weighed, blk + "proj"), blk + "post_norm")
            x = x * self.tensors.get(blk + "layer_output_scale.weight", 1)
        x = self.normed(x, "output_norm")
        head = "output" if "output.weight" in self.tensors else "token_embd"
        return capped(self.linear(x, head) * family.logit_scale, family.logit_cap)
