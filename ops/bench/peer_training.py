"""LoRA training with PyTorch and PEFT: AdamW, warm-up, linear decay, gradient norm 1."""

import argparse
import random
import time

import torch
from peft import LoraConfig, get_peft_model

from peer_data import batches, encode, load_tokenizer, pad, read_rows
from peer_model import Classifier, load_encoder

# Length groups are cut from shuffled runs of this many batches, so that batches stay random in content.
BATCHES_PER_GROUP = 50


def epoch_batches(lengths: list[int], size: int, grouping: str, source: random.Random) -> list[list[int]]:
    """Row numbers of one epoch, batch by batch."""
    order = list(range(len(lengths)))
    source.shuffle(order)
    if grouping == "shuffled":
        return batches(order, size)
    grouped = []
    for run in batches(order, size * BATCHES_PER_GROUP):
        grouped += batches(sorted(run, key=lambda row: lengths[row]), size)
    source.shuffle(grouped)
    return grouped


def learning_rate_factor(step: int, warmup: int, total: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def accuracy(model: Classifier, sequences: list[list[int]], labels: list[int], autocast) -> float:
    model.eval()
    correct = 0
    order = sorted(range(len(sequences)), key=lambda row: len(sequences[row]))
    with torch.inference_mode(), autocast():
        for batch in batches(order, 64):
            predicted = model(*pad([sequences[row] for row in batch])).argmax(-1)
            correct += int((predicted == torch.tensor([labels[row] for row in batch])).sum())
    return correct / len(sequences)


def measure(options: argparse.Namespace) -> dict:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rows = read_rows(options.data)
    tests = read_rows(options.test) if options.test else []
    names = sorted({row.label for row in rows})
    number = {name: index for index, name in enumerate(names)}
    unseen = sorted({row.label for row in tests} - set(names))
    if unseen:
        raise ValueError(f"{options.test} has labels that {options.data} has not: {', '.join(unseen)}")

    tokenizer = load_tokenizer(options.model, options.max_length)
    encoder = load_encoder(options.model)
    lora = LoraConfig(r=options.rank, lora_alpha=options.alpha, target_modules=options.targets.split(","))
    hidden = encoder.config.hidden_size
    model = Classifier(get_peft_model(encoder, lora), hidden, len(names))
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=options.learning_rate)

    def autocast():
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.dtype == "bfloat16")

    # Tokenization counts: it is part of turning text into an adapter.
    start = time.perf_counter()
    sequences = encode(tokenizer, [row.text for row in rows])
    labels = [number[row.label] for row in rows]
    lengths = [len(ids) for ids in sequences]
    source = random.Random(options.seed)
    plan = [
        batch
        for _ in range(options.epochs)
        for batch in epoch_batches(lengths, options.batch_size, options.grouping, source)
    ][: options.steps]
    examples = tokens = padded_tokens = 0
    model.train()
    for step, batch in enumerate(plan):
        factor = learning_rate_factor(step, options.warmup, len(plan))
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * factor
        ids, mask = pad([sequences[row] for row in batch])
        with autocast():
            logits = model(ids, mask)
        loss = torch.nn.functional.cross_entropy(logits.float(), torch.tensor([labels[row] for row in batch]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        examples += len(batch)
        tokens += sum(lengths[row] for row in batch)
        padded_tokens += ids.numel()
    seconds = time.perf_counter() - start

    test_sequences = encode(tokenizer, [row.text for row in tests])
    test_labels = [number[row.label] for row in tests]
    return {
        "framework": f"torch {torch.__version__} + peft",
        "dtype": options.dtype,
        "grouping": options.grouping,
        "targets": options.targets,
        "rank": options.rank,
        "batch_size": options.batch_size,
        "threads": options.threads,
        "steps": len(plan),
        "examples": examples,
        "seconds": seconds,
        "examples_per_second": examples / seconds,
        "tokens_per_second": tokens / seconds,
        "padded_tokens_per_second": padded_tokens / seconds,
        "loss": loss.item(),
        "accuracy": accuracy(model, test_sequences, test_labels, autocast) if tests else None,
    }
