"""What each arm of the experiment learns from."""

from __future__ import annotations

import torch
from torch import Tensor

from plugins.gan.augmentation.classifier import TrainingSet
from plugins.gan.augmentation.results import (
    BOTH,
    GAN,
    REPEATED,
    REPEATED_CLASSIC,
)


def training_set(
    arm: str,
    real: tuple[Tensor, Tensor],
    generated: tuple[Tensor, Tensor],
    classes: int,
    generated_share: float,
) -> TrainingSet:
    """The pictures of ``arm`` and how often each is drawn.

    real, generated: pictures (N, C, S, S) and labels (N,). Real pictures are drawn equally often,
    or, in the arms that repeat a rare class, so that every class is. Generated ones make up
    ``generated_share`` of the draws, shared out so that every class is drawn equally often in
    all: so the GAN balances a rare class.
    """
    pictures, labels = real
    counts = torch.bincount(labels.cpu(), minlength=classes).double()
    each = counts / counts.sum()
    if arm in (REPEATED, REPEATED_CLASSIC):
        return TrainingSet(pictures, labels, (1 / counts)[labels.cpu()])
    if arm not in (GAN, BOTH):
        return TrainingSet(pictures, labels, torch.ones(len(labels), dtype=torch.float64))
    drawn, drawn_labels = generated
    missing = (1 / classes - each * (1 - generated_share)).clamp(min=0)
    missing *= generated_share / missing.sum()
    made = torch.bincount(drawn_labels.cpu(), minlength=classes).double()
    weights = [
        torch.full((len(labels),), (1 - generated_share) / len(labels), dtype=torch.float64),
        (missing / made)[drawn_labels.cpu()],
    ]
    return TrainingSet(
        torch.cat([pictures, drawn]), torch.cat([labels, drawn_labels]), torch.cat(weights)
    )
