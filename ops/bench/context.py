"""What every row needs to know: the program, the data, the model, the threads."""

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Context:
    program: Path
    train: Path
    test: Path
    model: Path
    threads: int
    quick: bool
    #: Exported graphs of the peers.
    cache: Path

    def seconds(self, full: float) -> str:
        """Length of a timed stretch."""
        return str(full / 2 if self.quick else full)

    def examples(self, first: int, count: int) -> list[dict]:
        """Training examples from one on; past the end of the file they return with a number in the text."""
        with open(self.train, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]

        def example(index: int) -> dict:
            row, turn = rows[index % len(rows)], index // len(rows)
            return {"text": row["text"] + (f" ({turn})" if turn else ""), "label": row["label"]}

        return [example(index) for index in range(first, first + count)]

    @property
    def train_part(self) -> Path:
        """A file with the first training examples, so many that a peer's epoch on them takes a minute."""
        count = 500 if self.quick else 2_000
        part = self.cache / f"train-{self.train.parent.name}-{count}.jsonl"
        with open(self.train, encoding="utf-8") as lines:
            part.write_text("".join(line for _, line in zip(range(count), lines)), encoding="utf-8")
        return part

    def pair(self, number: int, count: int) -> list[dict]:
        """Examples of two labels in turn, another pair for each number as far as there are labels."""
        by_label: dict[str, list[dict]] = {}
        for row in self.examples(0, 10 * count * count):
            by_label.setdefault(row["label"], []).append(row)
        names = [name for name in sorted(by_label) if len(by_label[name]) >= count // 2]
        first, second = (by_label[names[(2 * number + side) % len(names)]] for side in (0, 1))
        return [row for pair in zip(first, second) for row in pair][:count]

    @property
    def training_operations(self) -> int:
        """Of the encoder's projections (attention's four, the feed-forward's two) for one token: two a weight forward,
        two for the gradient of what goes in, which the first layer's query, key and value do not need."""
        configuration = json.loads((self.model / "config.json").read_text())
        hidden, wide = configuration["hidden_size"], configuration["intermediate_size"]
        weights = configuration["num_hidden_layers"] * (4 * hidden * hidden + 2 * hidden * wide)
        return 2 * weights + 2 * (weights - 3 * hidden * hidden)

    @cached_property
    def precisions(self) -> list[str]:
        """In what numbers the base may be multiplied on this processor: float32, and bfloat16 and int8 where it can.
        Without the program, which knows, float32."""
        if not self.program.is_file():
            return ["float32"]
        answer = subprocess.run([self.program, "doctor", "--json"], check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)["precisions"]


def find_model() -> Path:
    """The base model where the program looks for it. Raises ValueError naming the command that fetches it."""
    home = os.environ.get("PERENNIAL_HOME")
    data = os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local/share"))
    folders = [Path(home) / "models"] if home else []
    folders += [Path(os.environ["PERENNIAL_MODELS"])] if os.environ.get("PERENNIAL_MODELS") else []
    folders += [Path(data) / "perennial/models"]
    for folder in folders:
        if (folder / "all-MiniLM-L6-v2/config.json").is_file():
            return folder / "all-MiniLM-L6-v2"
    raise ValueError("the base model is missing; fetch it with: .build/release/perennial model pull")


def machine() -> dict:
    """Processor, memory, system and versions of what is compared."""
    processor = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    release = dict(line.strip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    versions = {name: version(name) for name in ("torch", "transformers", "peft", "onnxruntime")}
    commit = subprocess.run(["git", "-C", REPOSITORY, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "system": release.get("PRETTY_NAME", "").strip('"'),
        "kernel": os.uname().release,
        "swift": next((line for line in swift.splitlines() if "version" in line), "unknown"),
        "commit": commit.stdout.strip(),
        "peers": versions,
    }
