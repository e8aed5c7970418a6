"""The classifier both modes measure: encoder, mean over tokens, unit length times ten, linear head."""

from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel
from transformers.utils import logging

# Softmax over cosines needs a temperature: at unit length the logits would start too flat to learn from.
FEATURE_SCALE = 10


def load_encoder(model: Path, attention: str = "sdpa") -> nn.Module:
    if not (model / "config.json").is_file():
        raise ValueError(f"{model / 'config.json'} is missing; expected a model directory in Hugging Face layout")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return AutoModel.from_pretrained(
        model, dtype=torch.float32, add_pooling_layer=False, attn_implementation=attention
    )


class Classifier(nn.Module):
    """Ids and mask [B, T] to logits [B, labels]."""

    def __init__(self, encoder: nn.Module, hidden: int, label_count: int):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(hidden, label_count)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return self.head(FEATURE_SCALE * nn.functional.normalize(mean, dim=-1))
