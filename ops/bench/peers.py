#!/usr/bin/env python3
"""The Python stack on the same task and machine, for benchmarks side by side. Prints one JSON object.

    peers.py train --model DIR --data train.jsonl --test test.jsonl --dtype bfloat16 --grouping length-grouped
    peers.py infer --model DIR --data test.jsonl --runtimes onnx-int8

Rows of the data files are {"text", "label"}. The model is a local directory in Hugging Face layout.
"""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

RUNTIMES = ["pytorch-float32", "pytorch-bfloat16", "onnx-float32", "onnx-int8"]


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return value


def arguments() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", type=Path, required=True, help="BERT-layout encoder")
    common.add_argument("--data", type=Path, required=True, help="JSONL with text and label")
    common.add_argument("--batch-size", type=positive, default=32)
    common.add_argument("--max-length", type=positive, default=64, help="tokens, special tokens included")
    common.add_argument("--threads", type=positive, default=os.cpu_count())
    common.add_argument("--seed", type=int, default=0)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)

    train = modes.add_parser("train", parents=[common], help="LoRA with PyTorch and PEFT")
    train.add_argument("--test", type=Path, help="JSONL to take the accuracy from")
    train.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32", help="bfloat16 is autocast")
    train.add_argument("--grouping", choices=["shuffled", "length-grouped"], default="shuffled")
    train.add_argument("--rank", type=positive, default=8)
    train.add_argument("--alpha", type=float, default=16)
    train.add_argument("--targets", default="query,value", help="module names; query,key,value,dense is all linear")
    train.add_argument("--learning-rate", type=float, default=2e-3, help="peak")
    train.add_argument("--warmup", type=positive, default=20, help="steps")
    train.add_argument("--epochs", type=positive, default=1)
    train.add_argument("--steps", type=positive, help="stop after so many; too few misjudge length groups")

    infer = modes.add_parser("infer", parents=[common], help="classification with PyTorch and ONNX Runtime")
    infer.add_argument("--runtimes", default=",".join(RUNTIMES), help="comma-separated; default all")
    infer.add_argument("--graphs", type=Path, help="existing folder that keeps exported graphs between runs")
    infer.add_argument("--queries", type=positive, default=500, help="single queries timed")
    infer.add_argument("--batched", type=positive, default=1024, help="queries timed in batches")

    options = parser.parse_args()
    if options.mode == "infer":
        unknown = set(options.runtimes.split(",")) - set(RUNTIMES)
        if unknown:
            parser.error(f"unknown runtimes {', '.join(sorted(unknown))}; expected some of {', '.join(RUNTIMES)}")
    return options


def main() -> int:
    options = arguments()
    # Both must be set before the libraries load: nothing is fetched, and every pool has the same size.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    try:
        # Imported late, so that --help and wrong usage answer without loading PyTorch.
        mode = importlib.import_module({"train": "peer_training", "infer": "peer_inference"}[options.mode])
        print(json.dumps(mode.measure(options)))
    except (OSError, ValueError) as error:
        print(f"peers.py: {error}", file=sys.stderr)
        return 65
    return 0


if __name__ == "__main__":
    sys.exit(main())
