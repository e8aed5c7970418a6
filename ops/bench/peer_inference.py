"""Classification with PyTorch and ONNX Runtime, from text to logits: one query at a time, and in batches."""

import argparse
import logging
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model

from peer_data import batches, encode, load_tokenizer, pad, read_rows
from peer_model import Classifier, load_encoder

Runtime = Callable[[torch.Tensor, torch.Tensor], Sequence]

WARM_UP_QUERIES = 20
LOGIT_TOLERANCE = 1e-3


def pytorch_runtime(classifier: Classifier, dtype: torch.dtype) -> Runtime:
    def run(ids: torch.Tensor, mask: torch.Tensor) -> Sequence:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            return classifier(ids, mask)

    return run


def export(classifier: Classifier, path: Path) -> None:
    """Writes the classifier as ONNX with fused attention, layer norm and GELU; batch and length stay free."""
    ids, mask = pad([[101, 2023, 102], [101, 102]])
    free = {0: "batch", 1: "length"}
    warnings.filterwarnings("ignore", module="torch|transformers")  # check_export sees what tracing may get wrong.
    # Traced rather than exported through torch.export, which would need onnxscript besides.
    torch.onnx.export(
        classifier,
        (ids, mask),
        str(path),
        input_names=["ids", "mask"],
        output_names=["logits"],
        dynamic_axes={"ids": free, "mask": free, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    configuration = classifier.encoder.config
    fused = optimize_model(
        str(path),
        model_type="bert",
        num_heads=configuration.num_attention_heads,
        hidden_size=configuration.hidden_size,
        opt_level=0,
    )
    fused.save_model_to_file(str(path))


def onnx_runtime(path: Path, threads: int) -> Runtime:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])

    def run(ids: torch.Tensor, mask: torch.Tensor) -> Sequence:
        return session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})

    return run


def check_export(run: Runtime, classifier: Classifier, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Raises ValueError where the exported graph and PyTorch disagree: a wrong graph has no speed worth knowing."""
    with torch.inference_mode():
        expected = classifier(*batch)
    difference = float((torch.from_numpy(run(*batch)[0]) - expected).abs().max())
    if difference > LOGIT_TOLERANCE:
        raise ValueError(f"exported logits are off by {difference:.1e}, at most {LOGIT_TOLERANCE:.0e} was expected")


def percentile(sorted_values: list[float], share: float) -> float:
    """Nearest rank: the smallest value that at least this share of the values does not exceed."""
    rank = -(-int(share * 100) * len(sorted_values) // 100)
    return sorted_values[max(0, rank - 1)]


def timings(run: Runtime, tokenizer, singles: list[str], batched: list[str], batch_size: int) -> dict:
    def answer(texts: list[str]) -> None:
        run(*pad(encode(tokenizer, texts)))

    def queries_per_second(texts: list[str], sort: bool) -> float:
        start = time.perf_counter()
        # Sorting by length needs the lengths, so its tokenization comes first and is timed with the rest.
        sequences = encode(tokenizer, texts)
        if sort:
            sequences.sort(key=len)
        for batch in batches(sequences, batch_size):
            run(*pad(batch))
        return len(texts) / (time.perf_counter() - start)

    for text in singles[:WARM_UP_QUERIES]:
        answer([text])
    milliseconds = []
    for text in singles:
        start = time.perf_counter()
        answer([text])
        milliseconds.append((time.perf_counter() - start) * 1000)
    milliseconds.sort()
    answer(batched[:batch_size])
    return {
        "p50_ms": percentile(milliseconds, 0.50),
        "p99_ms": percentile(milliseconds, 0.99),
        "queries_per_second": queries_per_second(batched, sort=False),
        "queries_per_second_length_sorted": queries_per_second(batched, sort=True),
    }


def measure(options: argparse.Namespace) -> dict:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    logging.getLogger().setLevel(logging.ERROR)  # The quantiser advises on every run to do what was just done.
    rows = read_rows(options.data)
    texts = [row.text for row in rows]
    random.Random(options.seed).shuffle(texts)
    tokenizer = load_tokenizer(options.model, options.max_length)
    wanted = options.runtimes.split(",")
    label_count = len({row.label for row in rows})

    def classifier(attention: str) -> Classifier:
        # The head stays at random: its labels do not matter to a timing, its size does.
        encoder = load_encoder(options.model, attention)
        return Classifier(encoder, encoder.config.hidden_size, label_count).eval()

    runtimes: dict[str, Runtime] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.graphs or temporary
        if any(name.startswith("pytorch-") for name in wanted):
            model = classifier("sdpa")
            runtimes["pytorch-float32"] = pytorch_runtime(model, torch.float32)
            runtimes["pytorch-bfloat16"] = pytorch_runtime(model, torch.bfloat16)
        if any(name.startswith("onnx-") for name in wanted):
            # Fusion recognises attention only when it is spelled out.
            name = f"{options.model.name}-{label_count}-{options.seed}-{onnxruntime.__version__}"
            plain, quantised = Path(folder, f"{name}-float32.onnx"), Path(folder, f"{name}-int8.onnx")
            spelled_out = classifier("eager")
            if not quantised.exists():
                export(spelled_out, plain)
                # Shape inference does not know the fused operators, so the quantiser is told their type.
                known = {"DefaultTensorType": onnx.TensorProto.FLOAT}
                quantize_dynamic(str(plain), str(quantised), weight_type=QuantType.QInt8, extra_options=known)
            runtimes["onnx-float32"] = onnx_runtime(plain, options.threads)
            check_export(runtimes["onnx-float32"], spelled_out, pad(encode(tokenizer, texts[:7])))
            runtimes["onnx-int8"] = onnx_runtime(quantised, options.threads)
        results = [
            {"runtime": name}
            | timings(
                runtimes[name], tokenizer, texts[: options.queries], texts[: options.batched], options.batch_size
            )
            for name in wanted
        ]
    return {
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
        "threads": options.threads,
        "batch_size": options.batch_size,
        "single_queries": min(options.queries, len(texts)),
        "batched_queries": min(options.batched, len(texts)),
        "runtimes": results,
    }
