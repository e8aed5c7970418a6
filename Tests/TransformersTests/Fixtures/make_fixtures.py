"""Records what PyTorch and transformers compute, for TransformersTests.

    python make_fixtures.py [MODEL_DIRECTORY]

writes beside itself
    tiny-bert/                 a random BERT (2 layers, width 32, 4 heads) in Hugging Face layout
    tiny-roberta/, tiny-distilbert/  relatives (1 layer, width 16), with features.safetensors
    tiny-bert-step.safetensors its features, and one low-rank step with its loss and gradients
    minilm-features.safetensors mean-pooled, normalised features of all-MiniLM-L6-v2, when its directory is given

Needs torch, transformers and safetensors.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModel, AutoTokenizer, BertConfig, BertModel, DistilBertConfig, DistilBertModel, RobertaConfig, RobertaModel,
)

HERE = pathlib.Path(__file__).parent
MODULES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
}
BERT_KEYS = [
    "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "max_position_embeddings", "type_vocab_size", "hidden_act", "layer_norm_eps",
]
SENTENCES = [
    "The parcel never arrived and nobody answers.",
    "Hi",
    "Can I pay by invoice, and if so, how long do I have until the money is due?",
    "Größe zu klein, möchte tauschen!",
]
SEQUENCES = [[1, 7, 9, 23, 2], [1, 2], [1, 30, 31, 32, 33, 34, 35, 36, 37, 38, 2], [1, 49, 2]]
LABELS = [0, 2, 1, 2]
RANK, SCALE, FEATURE_SCALE = 3, 1.5, 10.0


def features(model, sequences, scale=1.0):
    """Mean over each sequence's tokens, normalised, times scale. One sequence at a time: no padding."""
    rows = []
    for ids in sequences:
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        rows.append(torch.nn.functional.normalize(states.mean(dim=0), dim=0) * scale)
    return torch.stack(rows)


def tiny_model():
    torch.manual_seed(0)
    configuration = BertConfig(
        vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=24, type_vocab_size=2, hidden_act="gelu", layer_norm_eps=1e-12,
    )
    return randomized(BertModel(configuration, add_pooling_layer=False))


def randomized(model):
    """Values far enough from the initial ones for every part to matter."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm.weight" in name.lower():
                parameter.uniform_(0.5, 1.5)
            elif "bias" in name:
                parameter.normal_(std=0.1)
            else:
                parameter.normal_(std=0.25)
    return model.eval()


def save_model(model, folder, keys):
    folder.mkdir(exist_ok=True)
    save_file(dict(model.state_dict()), folder / "model.safetensors")
    values = {"model_type": model.config.model_type} | {key: getattr(model.config, key) for key in keys}
    (folder / "config.json").write_text(json.dumps(values, indent=2) + "\n")


def relatives():
    sizes = dict(vocab_size=50, max_position_embeddings=24)
    torch.manual_seed(1)
    roberta = RobertaModel(
        RobertaConfig(
            **sizes, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
            type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
        ),
        add_pooling_layer=False,
    )
    distilbert = DistilBertModel(DistilBertConfig(**sizes, dim=16, n_layers=1, n_heads=2, hidden_dim=32))
    # Token 1 pads in RoBERTa, so its sequences start with 3.
    sequences = [[3 if token == 1 else token for token in ids] for ids in SEQUENCES]
    for name, model, keys in [
        ("tiny-roberta", roberta, BERT_KEYS),
        ("tiny-distilbert", distilbert, [
            "vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings", "activation",
        ]),
    ]:
        save_model(randomized(model), HERE / name, keys)
        with torch.no_grad():
            save_file({"features": features(model, sequences)}, HERE / name / "features.safetensors")


def add_low_rank(linear, down, up):
    linear.register_forward_hook(lambda _, inputs, output: output + SCALE * (inputs[0] @ down.T) @ up.T)


def tiny():
    model = tiny_model()
    save_model(model, HERE / "tiny-bert", BERT_KEYS)
    recorded = {"features": features(model, SEQUENCES).detach()}
    for parameter in model.parameters():
        parameter.requires_grad = False
    trainable = {}
    for layer in range(2):
        for module, path in MODULES.items():
            linear = model.encoder.layer[layer].get_submodule(path)
            down = torch.randn(RANK, linear.in_features) * 0.2
            up = torch.randn(linear.out_features, RANK) * 0.2
            add_low_rank(linear, down, up)
            trainable[f"{layer}.{module}.down"] = down
            trainable[f"{layer}.{module}.up"] = up
    trainable["head.weight"] = torch.randn(3, 32) * 0.1
    trainable["head.bias"] = torch.randn(3) * 0.1
    for tensor in trainable.values():
        tensor.requires_grad = True
    adapted = features(model, SEQUENCES, FEATURE_SCALE)
    logits = adapted @ trainable["head.weight"].T + trainable["head.bias"]
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    recorded["logits"] = logits.detach()
    recorded["loss"] = loss.detach().reshape(1)
    for name, tensor in trainable.items():
        recorded["value." + name] = tensor.detach()
        recorded["gradient." + name] = tensor.grad
    save_file(recorded, HERE / "tiny-bert-step.safetensors")


def minilm(directory):
    model = AutoModel.from_pretrained(directory).eval()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    sequences = [tokenizer(text)["input_ids"] for text in SENTENCES]
    with torch.no_grad():
        recorded = {"features": features(model, sequences)}
    metadata = {"sequences": json.dumps(sequences)}
    save_file(recorded, HERE / "minilm-features.safetensors", metadata=metadata)


if __name__ == "__main__":
    torch.set_num_threads(1)
    tiny()
    relatives()
    if len(sys.argv) > 1:
        minilm(sys.argv[1])
