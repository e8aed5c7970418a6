"""Compares an exported adapter under Hugging Face PEFT with what Perennial answered.

Runs the Python block of docs/python.md on the adapter and the base model. Every line of the answers is JSON with
`text`, `label` and `score`, and optionally `features`: mean-pooled, of length 1. Features must agree within 1e-4,
scores within 1e-3, labels always.
"""

import json
import pathlib
import sys

FEATURE_TOLERANCE = 1e-4
SCORE_TOLERANCE = 1e-3


def documented_block():
    page = (pathlib.Path(__file__).parent.parent / "docs" / "python.md").read_text()
    return page.split("```python\n", 1)[1].split("```", 1)[0]


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: interop.py ADAPTER_DIRECTORY BASE_MODEL_DIRECTORY ANSWERS.jsonl")
    scope = {}
    exec(compile(documented_block(), "docs/python.md", "exec"), scope)
    answers = [json.loads(line) for line in pathlib.Path(sys.argv[3]).read_text().splitlines() if line.strip()]
    if not answers:
        sys.exit("no answers to compare")
    worst_feature = worst_score = 0.0
    compared_features = 0
    wrong = []
    for number, answer in enumerate(answers, 1):
        label, score = scope["classify"](answer["text"])
        worst_score = max(worst_score, abs(score - answer["score"]))
        if label != answer["label"]:
            wrong.append(f"line {number}: PEFT says {label} ({score:.4f}), Perennial {answer['label']}")
        if "features" in answer:
            theirs = scope["features"](answer["text"]).tolist()
            worst_feature = max(worst_feature, max(abs(a - b) for a, b in zip(theirs, answer["features"], strict=True)))
            compared_features += 1
    print(json.dumps({
        "answers": len(answers), "features_compared": compared_features, "largest_feature_difference": worst_feature,
        "largest_score_difference": worst_score, "labels_different": len(wrong)}))
    if wrong or worst_feature > FEATURE_TOLERANCE or worst_score > SCORE_TOLERANCE:
        sys.exit("\n".join(wrong[:10]) or "the differences are larger than allowed")


main()
