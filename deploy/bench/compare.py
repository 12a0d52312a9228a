"""Longhaul and llama.cpp on one GGUF file with the same threads, in turns, as a Markdown table.

Both run as processes of their own, one after the other, and change places each round, since a shared machine's speed
drifts: medians of the rounds are compared.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def output(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr.strip()}")
    return done.stdout


def longhaul(options, case):
    kind, count, depth = case
    shape = ["--prompt", count, "--batch", 0] if kind == "prefill" else ["--prompt", 0, "--tokens", count]
    report = json.loads(output([
        options.program, "bench", options.model, *shape, "--depth", depth, "--repeats", 1, "--workers", 1,
        "--threads", options.threads, "--json"]))
    return report["settings"][0]["results"][0]["tokens_per_second"]


def llama_cpp(options, case):
    kind, count, depth = case
    shape = ["--prompt", count] if kind == "prefill" else ["--tokens", count]
    return float(output([
        sys.executable, HERE / "measure_llama_cpp.py", options.model, "--threads", options.threads, *shape, "--depth",
        depth]))


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--program", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=numbers, default=[512, 2048, 8192])
    parser.add_argument("--depth", type=numbers, default=[0, 8192], help="of decoding")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    cases = [("prefill", count, 0) for count in options.prompt]
    cases += [("decode", options.tokens, depth) for depth in options.depth]
    name = pathlib.Path(options.model).name
    print(f"{name}, {options.threads} threads, medians of {options.rounds} rounds in turns\n")
    print("| test | Longhaul tokens/s | llama.cpp tokens/s | ratio |")
    print("|---|---:|---:|---:|", flush=True)
    for case in cases:
        rates = {longhaul: [], llama_cpp: []}
        for turn in range(options.rounds):
            order = [longhaul, llama_cpp] if turn % 2 == 0 else [llama_cpp, longhaul]
            for engine in order:
                rates[engine].append(engine(options, case))
        ours, theirs = statistics.median(rates[longhaul]), statistics.median(rates[llama_cpp])
        kind, count, depth = case
        name = f"prefill {count}" if kind == "prefill" else f"decode at {depth}"
        print(f"| {name} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |", flush=True)


if __name__ == "__main__":
    main()
