"""Writes a checkpoint of train.py as a GGUF file: matrices in F16, norms in F32, the vocabulary inside.

The model rotates the pairs (2p, 2p+1), which is the order GGUF files of architecture "llama" have, so the rows of
Q and K stay where they are. There is no output matrix: the embedding serves as one.
"""

import argparse
from pathlib import Path

import gguf
import numpy
import sentencepiece
import torch

from model import Shape
from vocabulary import END, START, UNKNOWN

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"
)
MATRICES = {
    "attention.q": "attn_q", "attention.k": "attn_k", "attention.v": "attn_v", "attention.o": "attn_output",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}
NORMS = {"attention_norm": "attn_norm", "ffn_norm": "ffn_norm"}


def add_vocabulary(writer: gguf.GGUFWriter, vocabulary: sentencepiece.SentencePieceProcessor) -> None:
    pieces, scores, kinds = [], [], []
    for i in range(len(vocabulary)):
        pieces.append(vocabulary.id_to_piece(i).encode())
        scores.append(vocabulary.get_score(i))
        if vocabulary.is_unknown(i):
            kinds.append(gguf.TokenType.UNKNOWN)
        elif vocabulary.is_control(i):
            kinds.append(gguf.TokenType.CONTROL)
        elif vocabulary.is_byte(i):
            kinds.append(gguf.TokenType.BYTE)
        else:
            kinds.append(gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(START)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(True)
    writer.add_chat_template(CHAT_TEMPLATE)


def half(weight: torch.Tensor, name: str) -> numpy.ndarray:
    values = weight.numpy().astype(numpy.float16)
    if not numpy.isfinite(values).all():
        raise SystemExit(f"{name} has weights that do not fit in 16 bits")
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()

    saved = torch.load(options.checkpoint, weights_only=True)
    shape, weights = Shape(**saved["shape"]), saved["weights"]
    writer = gguf.GGUFWriter(options.output, "llama")
    writer.add_name("Longhaul demo")
    writer.add_description("Trained from scratch on public-domain books and generated text; window 256 tokens")
    writer.add_license("CC0-1.0")
    writer.add_context_length(shape.window)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocab)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_vocabulary(writer, sentencepiece.SentencePieceProcessor(model_file=str(options.vocabulary)))

    writer.add_tensor("token_embd.weight", half(weights["embedding.weight"], "token_embd"))
    for layer in range(shape.layers):
        for ours, theirs in NORMS.items():
            writer.add_tensor(f"blk.{layer}.{theirs}.weight", weights[f"blocks.{layer}.{ours}.weight"].numpy())
        for ours, theirs in MATRICES.items():
            writer.add_tensor(f"blk.{layer}.{theirs}.weight", half(weights[f"blocks.{layer}.{ours}.weight"], theirs))
    writer.add_tensor("output_norm.weight", weights["norm.weight"].numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{options.output}: {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
