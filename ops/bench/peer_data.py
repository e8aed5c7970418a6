"""Rows of labelled text, and their token ids in padded batches."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer


@dataclass(frozen=True)
class LabelledText:
    text: str
    label: str


def read_rows(path: Path) -> list[LabelledText]:
    """The rows of a JSONL file. Raises ValueError naming the line that is not {"text", "label"}."""
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                rows.append(LabelledText(row["text"], row["label"]))
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise ValueError(f'{path}, line {number}: expected an object with "text" and "label"') from error
    if not rows:
        raise ValueError(f"{path} has no rows; expected at least one")
    return rows


def load_tokenizer(model: Path, max_length: int) -> Tokenizer:
    """The model's own tokenizer, truncating at max_length and leaving padding to the batch."""
    path = model / "tokenizer.json"
    if not path.is_file():
        raise ValueError(f"{path} is missing; expected a model directory in Hugging Face layout")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(max_length=max_length)
    tokenizer.no_padding()
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def pad(sequences: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both [B, T] with T the longest sequence. Padding is id 0, as in BERT's vocabulary."""
    longest = max(len(ids) for ids in sequences)
    ids = torch.zeros(len(sequences), longest, dtype=torch.long)
    mask = torch.zeros(len(sequences), longest, dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return ids, mask


def batches(order: list[int], size: int) -> list[list[int]]:
    return [order[start : start + size] for start in range(0, len(order), size)]
