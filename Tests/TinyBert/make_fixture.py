"""Records what PyTorch and Hugging Face PEFT make of a tiny BERT with a LoRA adapter and a classification head.

Writes beside itself: base/ (a random BERT of 2 layers, width 32), adapter/ (LoRA on all six projections, saved by
PEFT, and head.safetensors) and reference/ (features, logits, loss and gradients of one batch; losses and parameters
over eight AdamW steps).

    pip install torch transformers peft safetensors && python make_fixture.py
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

LABELS = 5
SCALE = 10.0
STEPS = 8
HERE = pathlib.Path(__file__).parent

SEQUENCES = [[2, 17, 40, 3], [2, 9, 3], [2, 55, 23, 8, 31, 60, 12, 3], [2, 44, 3], [2, 5, 5, 5, 19, 3], [7]]
TARGETS = [0, 3, 4, 1, 0, 2]


def features(model, sequences):
    """Mean over all tokens, L2-normalised, scaled; one sequence at a time, so without padding."""
    rows = []
    for ids in sequences:
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        rows.append(torch.nn.functional.normalize(states.mean(0), dim=0) * SCALE)
    return torch.stack(rows)


def loss_of(model, head, sequences, targets):
    return torch.nn.functional.cross_entropy(head(features(model, sequences)), torch.tensor(targets))


def trainable(model, head):
    """Parameters by the names their files use."""
    named = {
        name.replace(".default", ""): value for name, value in model.named_parameters() if "lora_" in name
    }
    named["classifier.weight"] = head.weight
    named["classifier.bias"] = head.bias
    return named


def main():
    for name in ["base", "adapter", "reference"]:
        shutil.rmtree(HERE / name, ignore_errors=True)
    torch.manual_seed(0)
    base = BertModel(
        BertConfig(
            vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
            max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        ),
        add_pooling_layer=False,
    )
    for name, value in base.named_parameters():
        # Wide enough for every activation to leave its linear range.
        torch.nn.init.normal_(value, std=0.3)
        if name.endswith("LayerNorm.weight"):
            value.data.add_(1.0)
    base.save_pretrained(HERE / "base")

    targets = [
        f"encoder.layer.{layer}.{module}"
        for layer in range(2)
        for module in [
            "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
            "intermediate.dense", "output.dense",
        ]
    ]
    # PEFT shortens long lists to suffixes that match the same modules; the full names are wanted here.
    model = get_peft_model(
        base, LoraConfig(r=3, lora_alpha=6, target_modules=targets, use_rslora=True, task_type="FEATURE_EXTRACTION"))
    head = torch.nn.Linear(32, LABELS)
    for name, value in trainable(model, head).items():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.2)
    model.peft_config["default"].target_modules = targets
    model.peft_config["default"].base_model_name_or_path = "tiny-bert"
    model.save_pretrained(HERE / "adapter")
    (HERE / "adapter" / "README.md").unlink(missing_ok=True)
    save_file({"classifier.weight": head.weight.data, "classifier.bias": head.bias.data},
              HERE / "adapter" / "head.safetensors")

    reference = HERE / "reference"
    reference.mkdir()
    model.train()
    loss = loss_of(model, head, SEQUENCES, TARGETS)
    loss.backward()
    save_file({name: value.grad for name, value in trainable(model, head).items()}, reference / "gradients.safetensors")
    with torch.no_grad():
        pooled = features(model, SEQUENCES)
        record = {
            "sequences": SEQUENCES, "targets": TARGETS, "scale": SCALE, "loss": loss.item(),
            "features": pooled.tolist(), "logits": head(pooled).tolist(),
        }

    parameters = list(trainable(model, head).values())
    optimizer = torch.optim.AdamW(parameters, lr=0.01, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1)
    record["optimizer"] = {
        "learning_rate": 0.01, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weight_decay": 0.1, "clip": 1.0}
    record["losses"], record["norms"] = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, head, SEQUENCES, TARGETS)
        loss.backward()
        record["norms"].append(torch.nn.utils.clip_grad_norm_(parameters, 1.0).item())
        optimizer.step()
        record["losses"].append(loss.item())
    save_file({name: value.data for name, value in trainable(model, head).items()}, reference / "trained.safetensors")
    (reference / "record.json").write_text(json.dumps(record) + "\n")


main()
