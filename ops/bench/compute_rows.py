"""Rows of computation: training and inference, ours in the program's own benchmarks, the peers' in peers.py."""

import json
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from context import Context
from row import Row, ratio

ALL_LINEAR = "query,key,value,attention_output,intermediate,output"
PEER_ALL_LINEAR = "query,key,value,dense"


def last_json(output: str) -> dict:
    return json.loads(output[output.index("{") :])


class Compute:
    """Runs each side, and remembers what it said in a round: one run may serve several rows."""

    def __init__(self, context: Context):
        self.context = context
        self.answers: dict[tuple, dict] = {}

    def ours(self, round_number: int, *arguments: str) -> dict:
        return self.once(round_number, [str(self.context.program), "bench", *arguments, "--quiet", "--json"])

    def peers(self, round_number: int, *arguments: str) -> dict:
        return self.once(round_number, [sys.executable, str(Path(__file__).with_name("peers.py")), *arguments])

    def once(self, round_number: int, command: list[str]) -> dict:
        key = (round_number, *command)
        if key not in self.answers:
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()[-400:]}")
            self.answers[key] = last_json(result.stdout)
        return self.answers[key]

    # Training.

    def train(
        self, round_number: int, targets: str = "query,value", precision: str = "float32", data: Path | None = None
    ) -> dict:
        context = self.context
        return self.ours(
            round_number, "train", "--data", str(data or context.train_part), "--test", str(context.test),
            "--targets", targets, "--precision", precision, "--threads", str(context.threads), "--rank", "8",
            "--batch-size", "32", "--max-length", "64",
        )  # fmt: skip

    def peer_train(
        self, round_number: int, dtype: str, grouping: str, targets: str = "query,value", data: Path | None = None
    ) -> dict:
        context = self.context
        return self.peers(
            round_number, "train", "--model", str(context.model), "--data", str(data or context.train_part), "--test",
            str(context.test), "--threads", str(context.threads), "--dtype", dtype, "--grouping", grouping,
            "--targets", targets,
        )  # fmt: skip

    def accuracy(self, precision: str = "float32") -> float:
        """After one epoch of all the data; the same in every round."""
        return 100 * self.train(0, precision=precision, data=self.context.train)["accuracy"]

    def peer_accuracy(self) -> float:
        return 100 * self.peer_train(0, "float32", "shuffled", data=self.context.train)["accuracy"]

    # Inference.

    def serve(self, round_number: int, batch: int, adapters: int = 1, *more: str) -> dict:
        context = self.context
        return self.ours(
            round_number, "serve", "--data", str(context.test), "--batch-size", str(batch), "--adapters",
            str(adapters), "--threads", str(context.threads), "--max-length", "64", "--seconds", context.seconds(5),
            *more,
        )  # fmt: skip

    def agreement(self, round_number: int, precision: str) -> float:
        """Share of test labels that a trained adapter gives on the reduced base as on the float32 one."""
        answer = self.serve(round_number, 32, 1, "--precision", precision, "--adapter", str(self.adapter))
        return answer["agreement"]

    @cached_property
    def adapter(self) -> Path:
        """Trained on all the data."""
        adapter = self.context.cache / f"adapter-{self.context.train.parent.name}"
        # Of an earlier run, perhaps of another build.
        shutil.rmtree(adapter, ignore_errors=True)
        self.ours(
            0, "train", "--data", str(self.context.train), "--threads", str(self.context.threads),
            "--save", str(adapter),
        )  # fmt: skip
        return adapter

    def peer_infer(self, round_number: int, runtime: str) -> dict:
        context = self.context
        answer = self.peers(
            round_number, "infer", "--model", str(context.model), "--data", str(context.test), "--threads",
            str(context.threads), "--runtimes", runtime, "--graphs", str(context.cache),
        )  # fmt: skip
        return answer["runtimes"][0]


def rows(context: Context) -> list[Row]:
    compute = Compute(context)
    # What a processor without the instructions computes in bfloat16 is slower than float32, for either side.
    best = "bfloat16" if "bfloat16" in context.precisions else "float32"

    def speed(targets: str, precision: str = "float32"):
        return lambda number: compute.train(number, targets, precision)["examples_per_second"]

    def peer_speed(dtype: str, grouping: str, targets: str = "query,value"):
        return lambda number: compute.peer_train(number, dtype, grouping, targets)["examples_per_second"]

    def single(name: str):
        return lambda number: compute.peer_infer(number, name)["p50_ms"]

    def sorted_speed(name: str):
        return lambda number: compute.peer_infer(number, name)["queries_per_second_length_sorted"]

    def queries(batch: int, adapters: int = 1, *more: str):
        return lambda number: compute.serve(number, batch, adapters, *more)["queries_per_second"]

    result = [
        Row(
            "train", "LoRA training against PyTorch + PEFT float32, shuffled padding", "examples/s",
            {"Perennial": speed("query,value"), "PyTorch float32": peer_speed("float32", "shuffled")},
            ratio("Perennial", "PyTorch float32"), "×", at_least=6, aim=12,
        ),
        Row(
            "train-best", f"LoRA training against PyTorch + PEFT {best}, length-grouped", "examples/s",
            {
                f"Perennial {best}": speed("query,value", best),
                "Perennial float32": speed("query,value"),
                f"PyTorch {best}": peer_speed(best, "length-grouped"),
            },
            ratio(f"Perennial {best}", f"PyTorch {best}"), "×", at_least=1.5, aim=3,
        ),
        Row(
            "train-all", f"… all linear layers, against {best}, length-grouped", "examples/s",
            {
                f"Perennial {best}": speed(ALL_LINEAR, best),
                "Perennial float32": speed(ALL_LINEAR),
                f"PyTorch {best}": peer_speed(best, "length-grouped", PEER_ALL_LINEAR),
            },
            ratio(f"Perennial {best}", f"PyTorch {best}"), "×",
        ),
        Row(
            "accuracy", "Test accuracy after that epoch, against PyTorch float32", "%",
            {
                "Perennial float32": lambda _: compute.accuracy(),
                f"Perennial {best}": lambda _: compute.accuracy(best),
                "PyTorch float32": lambda _: compute.peer_accuracy(),
            },
            lambda medians: medians["Perennial float32"] - medians["PyTorch float32"], "points", at_least=-0.5, aim=0,
        ),
        Row(
            "single", "One query in process, tokenization included, against ONNX Runtime float32", "ms, median",
            {
                "Perennial": lambda number: compute.serve(number, 1, 0)["p50_ms"],
                "ONNX float32": single("onnx-float32"),
                "ONNX int8": single("onnx-int8"),
                "PyTorch float32": single("pytorch-float32"),
            },
            ratio("ONNX float32", "Perennial"), "× faster", at_least=1.3,
            notes=lambda medians: f"{medians['ONNX int8'] / medians['Perennial']:.2f} × ONNX int8; the aim is 1",
        ),
        Row(
            "batch", "Batches of 32, against ONNX Runtime float32, length-sorted", "queries/s",
            {
                "Perennial": queries(32, 0),
                "ONNX float32": sorted_speed("onnx-float32"),
                "PyTorch float32": sorted_speed("pytorch-float32"),
            },
            ratio("Perennial", "ONNX float32"), "×", at_least=1.5, aim=2.5,
        ),
        Row(
            "mixed", "32 adapters in a batch of 32, against one adapter", "queries/s",
            {"1 adapter": queries(32), "8 adapters": queries(32, 8), "32 adapters": queries(32, 32)},
            lambda medians: 100 * medians["32 adapters"] / medians["1 adapter"], "%", at_least=95, aim=98,
        ),
    ]  # fmt: skip
    return result + reduced_rows(context, compute) + [roofline(context, compute)]


def reduced_rows(context: Context, compute: Compute) -> list[Row]:
    """The opt-in precisions of the frozen base, each with its agreement with float32."""

    def speed(precision: str):
        return lambda number: compute.serve(number, 32, 0, "--precision", precision)["queries_per_second"]

    def agreement(precision: str):
        return lambda number: compute.agreement(number, precision)

    def note(medians: dict[str, float]) -> str:
        return f"{100 * medians['agreement']:.2f} % of labels as in float32; 99.5 are required"

    def quantised(number: int) -> float:
        return compute.peer_infer(number, "onnx-int8")["queries_per_second_length_sorted"]

    return [
        Row(
            f"reduced-{precision}", f"Batches of 32 with the base in {precision}, against ONNX Runtime int8",
            "queries/s",
            {
                "Perennial": speed(precision),
                "ONNX int8": quantised,
                "agreement": agreement(precision),
            },
            ratio("Perennial", "ONNX int8"), "×", at_least=1.2, aim=2, notes=note,
        )
        for precision in ("bfloat16", "int8")
    ]  # fmt: skip


def roofline(context: Context, compute: Compute) -> Row:
    """The share of the measured float32 peak that training reaches, over the operations a step cannot do without."""

    def reached(number: int) -> float:
        return compute.train(number)["tokens_per_second"] * context.training_operations / 1e9

    def peak(number: int) -> float:
        answer = compute.once(number, [str(context.program), "doctor", "--json"])
        return answer["blas_gflops"] * context.threads

    return Row(
        "roofline", "Training (query and value), share of the measured product peak", "GFLOP/s",
        {"training": reached, "product peak": peak},
        lambda medians: 100 * medians["training"] / medians["product peak"], "%",
    )  # fmt: skip
