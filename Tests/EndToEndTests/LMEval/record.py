#!/usr/bin/env python3
"""Runs lm-eval against a served tiny.gguf and writes what it asked, with float64 references: requests.jsonl.

usage: record.py http://127.0.0.1:8080 > requests.jsonl
needs the PyPI packages lm-eval[api] and gguf, and a cluster serving tiny.gguf (see ../../../deploy/evaluation.md)

Each line: the body of one HTTP request, and for each of its prompts the tokens of context, the log-likelihood and whether
every token was the likeliest, all three by reference.py under the policy that the coordinator chooses by itself.
"""
import json
import os
import sys
from pathlib import Path

import numpy as np
from lm_eval import simple_evaluate
from lm_eval.models.openai_completions import LocalCompletionsAPI
from lm_eval.tasks import TaskManager

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "Goldens"))
import reference  # noqa: E402

MODEL, TRAINED = HERE / "tiny.gguf", 64


def policy(length):
    """G and w for a total length: plain within the trained length, else the smallest divisor of w that has room."""
    if length <= TRAINED:
        return 1, 0
    window = TRAINED // 4
    for group in (g for g in range(2, window + 1) if window % g == 0):
        if 2 / 3 * TRAINED > window + (length - window) / group and length <= group * (TRAINED - window + window // group):
            return group, window
    raise ValueError(f"{length} tokens are too many")


def expected(ids, context):
    logits = reference.all_logits(str(MODEL), np.array(ids), *policy(len(ids) + 1))
    maximum = logits.max(-1, keepdims=True)
    logprobs = logits - maximum - np.log(np.exp(logits - maximum).sum(-1, keepdims=True))
    rows = range(context - 1, len(ids) - 1)
    return {
        "context": context,
        "loglikelihood": round(float(sum(logprobs[row, ids[row + 1]] for row in rows)), 6),
        "greedy": all(int(logprobs[row].argmax()) == ids[row + 1] for row in rows),
    }


def main(address):
    os.chdir(HERE.parents[2])  # the tasks name their records from the project's root
    asked, payload, worst = [], LocalCompletionsAPI._create_payload, 0.0
    parse = LocalCompletionsAPI.parse_logprobs

    def keep(self, messages, **arguments):
        body = payload(self, messages, **arguments)
        asked.append({"body": json.loads(json.dumps(body))})
        return body

    def compare(outputs, tokens=None, ctxlens=None, **arguments):
        nonlocal worst
        answers = parse(outputs, tokens, ctxlens, **arguments)
        asked[-1]["expected"] = [expected(ids, context) for ids, context in zip(tokens, ctxlens)]
        for (loglikelihood, greedy), want in zip(answers, asked[-1]["expected"]):
            worst = max(worst, abs(loglikelihood - want["loglikelihood"]))
            assert greedy == want["greedy"], want
        return answers

    LocalCompletionsAPI._create_payload, LocalCompletionsAPI.parse_logprobs = keep, staticmethod(compare)
    model = LocalCompletionsAPI(
        model="tiny", base_url=address + "/v1/completions", tokenizer_backend="remote", max_length=400, batch_size=2)
    results = simple_evaluate(
        model=model, tasks=["longhaul_choice", "longhaul_rolling", "longhaul_generate"],
        task_manager=TaskManager(include_path=str(HERE / "tasks"), include_defaults=False), bootstrap_iters=0)
    for request in asked:
        print(json.dumps(request, separators=(",", ":"), ensure_ascii=False))
    print(json.dumps(results["results"], default=str), file=sys.stderr)
    print(f"largest difference of a log-likelihood from the float64 reference: {worst:.2e}", file=sys.stderr)
    sys.exit(worst > 1e-3)


main(sys.argv[1].rstrip("/"))
