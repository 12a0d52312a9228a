#!/usr/bin/env python3
"""Scores of made-up answers by independent packages: what metrics.json was made with.

usage: metrics.py > metrics.json
needs the PyPI packages rouge-score, rouge, rapidfuzz, and lm-eval with jieba and fuzzywuzzy (its LongBench metrics)
"""
import json
import random
import sys

from lm_eval.tasks.longbench import metrics as longbench
from rapidfuzz import fuzz
from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer

WORDS = (
    "the a an river Harbour council of 1984 report, said (that) farmers can't won't naïve café – and spending rose; fell. "
    "by 12.5 per cent? while the committee's chair, A. Smith, did not agree. Über alles x_1 e-mail THE end"
).split()
CODE = ["return self.value", "  for i in range(10):", "# a comment", "x = y // 2", "```python", "print(\"é\")", "", "}", "int a = b + c;"]
CLASSES = ["Food", "Animal", "Code", "Other entity", "Other number", "Number", "Date", "City", "Other city"]


def words(draw, low, high):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(low, high)))


def main():
    draw = random.Random(1)
    plain = RougeScorer(["rougeL"], use_stemmer=False)
    cases = []

    def add(metric, answer, reference, score, classes=()):
        cases.append({
            "metric": metric, "answer": answer, "reference": reference, "classes": list(classes), "score": round(score, 9)})

    for _ in range(60):
        answer, reference = words(draw, 0, 9), words(draw, 1, 7)
        add("f1", answer, reference, longbench.qa_f1_score(answer, reference))
    for index in range(40):
        reference = words(draw, 5, 60)
        # Half of them share much of the reference's order.
        answer = words(draw, 0, 50) if index % 2 else " ".join(w for w in reference.split() if draw.random() < 0.7)
        add("rouge_l_plain", answer, reference, plain.score(reference, answer)["rougeL"].fmeasure)
        try:
            summary = Rouge().get_scores([answer], [reference], avg=True)["rouge-l"]["f"]
        except ValueError:
            summary = 0.0
        add("rouge_l", answer, reference, summary)
    for _ in range(40):
        answer = "\n".join(draw.choice(CODE) for _ in range(draw.randint(1, 4)))
        reference = draw.choice(CODE[:2] + CODE[-1:])
        score = longbench.code_sim_score(answer, reference)
        line = next((l for l in answer.lstrip("\n").split("\n") if not any(m in l for m in ("`", "#", "//"))), "")
        assert round(fuzz.ratio(line, reference)) == round(100 * score) or not line, (line, reference, score)
        add("edit_similarity", answer, reference, score)
    for _ in range(30):
        answer = draw.choice(["", "I think ", "Type: "]) + ", ".join(draw.sample(CLASSES, draw.randint(0, 2)))
        reference = draw.choice(CLASSES)
        add("classification", answer, reference,
            longbench.classification_score(answer, reference, all_classes=CLASSES), CLASSES)
    for _ in range(30):
        answer = draw.choice(["", "Paragraph ", "The answer is "]) + " or ".join(
            str(draw.randint(1, 4)) for _ in range(draw.randint(0, 3)))
        number = draw.randint(1, 4)
        add("numbers", answer, str(number), longbench.count_score(answer, str(number)))
        add("numbers", answer, f"Paragraph {number}", longbench.retrieval_score(answer, f"Paragraph {number}"))
    json.dump(cases, sys.stdout, ensure_ascii=False, indent=0)
    print()


main()
