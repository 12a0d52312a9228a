#!/usr/bin/env python3
"""Logits of small random models under another scaling of RoPE, by transformers: what rope_scaling.json was made with.

usage: rope_scaling.py > rope_scaling.json      needs the PyPI packages numpy, gguf, torch and transformers

The models are those of folders.json, whose configuration is given the scaling that `--rope-scaling` names. Where a model has
a rotation of its own for local layers, only that of global ones is changed, as files of these families have it. Logits are of the
last token, by weights in float64; transformers turns in single precision.
"""
import json
import os
import sys
import tempfile

import torch
import transformers
from folders import IDS, made
from safetensors.torch import save_file

CASES = {
    "llama": ["none", "linear:4", "yarn:4", "yarn:2.5:32"],
    "mistral": ["linear:2", "yarn:4"],
    "qwen3": ["yarn:4:64"],
    "gemma2": ["yarn:4"],
    "gemma3_text": ["linear:8", "yarn:4:32"],
    "smollm3": ["yarn:4"],
    "cohere": ["linear:3"],
    "ministral3": ["yarn:4", "linear:2"],
    "deepseek_v3 of V3 in its older form": ["yarn:8:64"],
}
LENGTH = 128  # Of every configuration.


def rope(old, text):
    """The parameters of a configuration under a scaling."""
    kind, *numbers = text.split(":")
    new = {"rope_theta": old["rope_theta"], "rope_type": "default" if kind == "none" else kind}
    if "partial_rotary_factor" in old:
        new["partial_rotary_factor"] = old["partial_rotary_factor"]
    if kind != "none":
        new["factor"] = float(numbers[0])
    if kind == "yarn":
        stated = old.get("original_max_position_embeddings", LENGTH)
        new["original_max_position_embeddings"] = int(numbers[1]) if len(numbers) > 1 else stated
        if old.get("rope_type") == "yarn":
            new = old | new
    for key in ("llama_4_scaling_beta", "original_max_position_embeddings"):  # Of scores, whatever turns.
        if "llama_4_scaling_beta" in old and key not in new:
            new[key] = old[key]
    return new


def logits(model, text):
    settings = json.loads(model["config"])
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(settings | {"pad_token_id": None}, file)
        lines = []
        tensors = {
            line["name"]: torch.tensor(made(settings["model_type"], lines, line["name"], line["shape"], False))
            for line in model["tensors"]}
        save_file(tensors, os.path.join(folder, "model.safetensors"), {"format": "pt"})
        config = transformers.AutoConfig.from_pretrained(folder)
        old = config.rope_parameters
        if "full_attention" in old:
            config.rope_parameters = old | {"full_attention": rope(old["full_attention"], text)}
        else:
            config.rope_parameters = rope(old, text)
        config._attn_implementation = config._experts_implementation = "eager"
        network, loaded = transformers.AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=torch.float64, output_loading_info=True)
        assert not loaded["missing_keys"] and not loaded["mismatched_keys"], loaded
        with torch.no_grad():
            return network(torch.tensor([IDS])).logits[0, -1]


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "folders.json")) as file:
        models = {model["name"]: model for model in json.load(file)["models"]}
    runs = []
    for name, texts in CASES.items():
        for text in texts:
            found = logits(models[name], text)
            plain = torch.tensor(models[name]["logits"])
            print(name, text, "moves logits by", float((found - plain).abs().max()), file=sys.stderr)
            runs.append({"model": name, "scaling": text, "logits": [round(float(x), 6) for x in found]})
    json.dump({"runs": runs}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
