"""What an evaluation needs to know of the real pictures, the same for all generators of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from plugins.gan.evaluation.classifier import Classifier
from plugins.gan.evaluation.memorisation import nearest_parts
from plugins.gan.evaluation.results import Progress
from plugins.gan.evaluation.steps import Steps, between


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures (N, C, S, S) in [-1, 1], and their classes (N,) int64 if they have any."""

    pictures: Tensor
    labels: Tensor | None

    def some(self, count: int, seed: int) -> Labelled:
        """``count`` of them, drawn with the seed; all if there are no more."""
        chosen = draw(len(self.pictures), count, seed)
        labels = None if self.labels is None else self.labels[chosen]
        return Labelled(self.pictures[chosen], labels)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the classifier makes of pictures: features (N, 64) float32, classes (N,) int64."""

    features: Tensor
    predicted: Tensor


@dataclass(frozen=True, eq=False)
class Reference:
    """Real pictures as the classifier sees them.

    mean, deviation: of the training pictures' features (64,) float64, to standardise by.
    near: distance of each held-out picture to its nearest training picture (N,).
    """

    classifier: Classifier
    train: Labelled
    held_out: Labelled
    known: Seen
    unseen: Seen
    mean: Tensor
    deviation: Tensor
    near: Tensor

    def standardised(self, seen: Seen, count: int, seed: int) -> Tensor:
        """``count`` of the features, drawn with the seed, as float64 (count, 64)."""
        few = seen.features[draw(len(seen.features), count, seed)].double()
        # a feature that is all but constant must not outweigh the others
        return (few - self.mean) / self.deviation.clamp(min=1e-3 * self.deviation.max())


def reference_steps(
    classifier: Classifier, train: Labelled, held_out: Labelled
) -> Steps[Reference]:
    known = yield from between(0.0, 0.5, look(classifier, train.pictures, "training"))
    unseen = yield from between(0.5, 0.6, look(classifier, held_out.pictures, "held-out"))
    device = str(classifier.head.weight.device)
    near = yield from between(0.6, 1.0, nearest_known(held_out.pictures, train.pictures, device))
    deviation, mean = torch.std_mean(known.features.double(), dim=0)
    return Reference(classifier, train, held_out, known, unseen, mean, deviation, near)


def look(classifier: Classifier, pictures: Tensor, which: str) -> Steps[Seen]:
    parts: list[tuple[Tensor, Tensor]] = []
    done = 0
    for part in classifier.looks(pictures):
        parts.append(part)
        done += len(part[0])
        yield Progress(done / len(pictures), f"Looking at the {which} pictures.")
    return Seen(torch.cat([f for f, _ in parts]), torch.cat([p for _, p in parts]))


def nearest_known(pictures: Tensor, train: Tensor, device: str) -> Steps[Tensor]:
    """Distance of each picture to its nearest training picture (N,)."""
    found: list[Tensor] = []
    done = 0
    for _, distances in nearest_parts(pictures, train, device=device):
        found.append(distances[:, 0])
        done += len(distances)
        yield Progress(done / len(pictures), "Looking for the nearest training pictures.")
    return torch.cat(found)


def draw(length: int, count: int, seed: int) -> Tensor:
    """``count`` of ``length`` places in random order."""
    return torch.randperm(length, generator=torch.Generator().manual_seed(seed))[:count]
