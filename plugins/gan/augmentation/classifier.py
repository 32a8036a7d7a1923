"""The classifier that all arms train, and its training on weighted pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

LEARNING_RATE = 3e-3


class SmallClassifier(nn.Module):
    """Pictures (N, channels, size, size) in [-1, 1] -> logits (N, classes).

    Group norm, not batch norm: statistics over batches half real and half generated would not fit
    the real pictures of the test, which would be held against the GAN.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((channels, 16), (16, 32), (32, 64)):
            layers += [
                nn.Conv2d(before, after, 3, padding=1),
                nn.GroupNorm(4, after),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(64 * 4, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.body(pictures))

    @torch.no_grad()
    def predicted(self, pictures: Tensor) -> Tensor:
        """Classes (N,) int64 on the CPU."""
        return torch.cat([self(part).argmax(1) for part in pictures.split(500)]).cpu()


@dataclass(frozen=True)
class TrainingSet:
    """What an arm learns from.

    pictures: (N, C, S, S) in [-1, 1]. labels: (N,) int64. weights: (N,) float, how often each is
    drawn, relative to the others; on the CPU.
    """

    pictures: Tensor
    labels: Tensor
    weights: Tensor


def new_classifier(channels: int, classes: int, seed: int) -> SmallClassifier:
    """Freshly initialised; the same seed gives the same weights. PyTorch's own random numbers go
    on as if nothing had happened."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return SmallClassifier(channels, classes)


def training(
    classifier: SmallClassifier,
    data: TrainingSet,
    steps: int,
    batch_size: int,
    seed: int,
    change: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> Iterator[int]:
    """Train for ``steps`` batches, drawn by weight with replacement; yields after every step.

    AdamW, its learning rate falling along a cosine to 0. change: augments each batch; gets a
    generator on the CPU. The last weights are used: no choice is made on any test.
    """
    random = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(1, steps + 1):
        chosen = torch.multinomial(data.weights, batch_size, replacement=True, generator=random)
        chosen = chosen.to(data.pictures.device)
        batch = data.pictures[chosen]
        if change is not None:
            batch = change(batch, random)
        optimiser.zero_grad(set_to_none=True)
        cross_entropy(classifier(batch), data.labels[chosen]).backward()
        optimiser.step()
        schedule.step()
        yield step
