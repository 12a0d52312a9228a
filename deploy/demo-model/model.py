"""The demo model: a small Llama (RMSNorm, grouped-query attention, RoPE, SwiGLU, tied embeddings).

One forward pass serves training and evaluation. `SelfExtend` gives the positions that attention sees when a
prompt is longer than the window the model was trained on.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    """Every size of the model; all row lengths are multiples of 32, so that block quantization applies."""

    vocab: int = 2048
    width: int = 192
    layers: int = 6
    heads: int = 12
    kv_heads: int = 4
    head_width: int = 16
    ffn: int = 512
    window: int = 256
    rope_base: float = 500.0
    epsilon: float = 1e-5


@dataclass(frozen=True)
class SelfExtend:
    """Group size G and neighbor window w (in tokens). G = 1 is plain attention."""

    group: int
    neighbors: int

    @staticmethod
    def automatic(total: int, window: int) -> "SelfExtend":
        """The smallest G, a divisor of w = window/4, whose grouped positions stay within 2/3 of the window."""
        neighbors = window // 4
        if total <= window:
            return SelfExtend(1, neighbors)
        for group in (g for g in range(1, neighbors + 1) if neighbors % g == 0):
            if 2 * window > 3 * (neighbors + (total - neighbors) / group):
                return SelfExtend(group, neighbors)
        raise ValueError(f"{total} tokens are too many for a window of {window}, whatever the group size")


def rotation(positions: torch.Tensor, shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines, each (positions, head_width / 2); angles are computed in double precision."""
    pair = torch.arange(0, shape.head_width, 2, dtype=torch.float64) / shape.head_width
    angle = positions.double()[:, None] * shape.rope_base ** -pair
    return angle.cos().float(), angle.sin().float()


def rotate(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Turns the pairs (2p, 2p+1) of x (batch, heads, tokens, head_width)."""
    cos, sin = (t.to(x.dtype) for t in turn)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.q = nn.Linear(shape.width, shape.heads * shape.head_width, bias=False)
        self.k = nn.Linear(shape.width, shape.kv_heads * shape.head_width, bias=False)
        self.v = nn.Linear(shape.width, shape.kv_heads * shape.head_width, bias=False)
        self.o = nn.Linear(shape.heads * shape.head_width, shape.width, bias=False)

    def forward(self, x: torch.Tensor, turn, extend: SelfExtend | None) -> torch.Tensor:
        batch, tokens, _ = x.shape
        s = self.shape
        q = self.q(x).view(batch, tokens, s.heads, s.head_width).transpose(1, 2)
        k = self.k(x).view(batch, tokens, s.kv_heads, s.head_width).transpose(1, 2)
        v = self.v(x).view(batch, tokens, s.kv_heads, s.head_width).transpose(1, 2)
        repeat = s.heads // s.kv_heads
        v = v.repeat_interleave(repeat, dim=1)
        if extend is None or extend.group == 1:
            k = rotate(k, turn).repeat_interleave(repeat, dim=1)
            mixed = F.scaled_dot_product_attention(rotate(q, turn), k, v, is_causal=True)
        else:
            mixed = self.extended(q, k.repeat_interleave(repeat, dim=1), v, turn, extend)
        return self.o(mixed.transpose(1, 2).reshape(batch, tokens, -1))

    def extended(self, q, k, v, turn, extend: SelfExtend) -> torch.Tensor:
        """Both score matrices in full, merged before one softmax: the definition, not a fast way."""
        tokens = q.shape[2]
        position = torch.arange(tokens)
        shift = extend.neighbors - extend.neighbors // extend.group
        grouped_q = rotation(position // extend.group + shift, self.shape)
        grouped_k = rotation(position // extend.group, self.shape)
        near = rotate(q, turn) @ rotate(k, turn).transpose(-1, -2)
        far = rotate(q, grouped_q) @ rotate(k, grouped_k).transpose(-1, -2)
        distance = position[:, None] - position[None, :]
        score = torch.where(distance < extend.neighbors, near, far) / self.shape.head_width**0.5
        return score.masked_fill(distance < 0, float("-inf")).softmax(-1) @ v


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.gate = nn.Linear(shape.width, shape.ffn, bias=False)
        self.up = nn.Linear(shape.width, shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.width, bias=False)

    def forward(self, x: torch.Tensor, turn, extend: SelfExtend | None) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x), turn, extend)
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class DemoModel(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        for weight in self.parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02)
        for block in self.blocks:
            for branch in (block.attention.o, block.down):
                nn.init.normal_(branch.weight, std=0.02 / (2 * shape.layers) ** 0.5)

    def forward(self, ids: torch.Tensor, extend: SelfExtend | None = None, last: int = 0) -> torch.Tensor:
        """Logits (batch, tokens, vocab) of ids (batch, tokens); only of the `last` tokens if that is not 0."""
        turn = rotation(torch.arange(ids.shape[1]), self.shape)
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, turn, extend)
        x = self.norm(x[:, -last:])
        return F.linear(x, self.embedding.weight)
