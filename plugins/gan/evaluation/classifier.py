"""A small classifier that no generator has seen: it judges classes, and its features are where
distances are measured."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, relu

from plugins.gan.evaluation.steps import finish

FEATURES = 64
BATCH = 100
LEAST_STEPS = 200
"""A small collection is gone through more often, until this many steps are done."""
LOOK_BATCH = 250


class Classifier(nn.Module):
    """Pictures (N, channels, size, size) in [-1, 1] -> features (N, 64) and logits (N, classes).

    The features are the last hidden layer's before its ReLU, where none of them is 0 everywhere.

    size: 16 to 64 pixels. channels: 1 or 3.
    """

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for after in (16, 32, 64, 64)[: max(2, int(math.log2(size)) - 2)]:
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.MaxPool2d(2),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
            before = after
        self.body = nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(before * 16, FEATURES)
        )
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(pictures)
        return features, self.head(relu(features))

    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 64) float32 and predicted classes (N,) int64, in evaluation mode, on the
        CPU."""
        parts = list(self.looks(pictures))
        return torch.cat([f for f, _ in parts]), torch.cat([p for _, p in parts])

    def looks(self, pictures: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """What :meth:`look` gives, in parts."""
        device = self.head.weight.device
        for part in pictures.split(LOOK_BATCH):
            self.eval()
            with torch.no_grad():
                features, logits = self(part.to(device))
            yield features.float().cpu(), logits.argmax(1).cpu()


def train_classifier(
    pictures: Tensor, labels: Tensor | None, seed: int, epochs: int = 6, device: str = "cpu"
) -> Classifier:
    """A classifier of ``labels``, trained with shifts of up to a 16th of the side.

    Without labels it learns to tell by which quarter turn a picture was rotated (Gidaris et al.
    2018, arXiv:1803.07728): for that it has to know what the pictures show.

    pictures: (N, 1 or 3, size, size) in [-1, 1], size 16 to 64. labels: (N,) int64 from 0.
    The same seed gives the same classifier but for rounding, which differs between devices and
    numbers of threads.
    """
    return finish(classifier_steps(pictures, labels, seed, epochs, device))


def classifier_steps(
    pictures: Tensor, labels: Tensor | None, seed: int, epochs: int = 6, device: str = "cpu"
) -> Generator[float, None, Classifier]:
    """:func:`train_classifier` in steps: yields the fraction done after each update, and returns
    the classifier."""
    classes = 4 if labels is None else int(labels.max()) + 1
    # Weights are drawn with the CPU's global generator, which is left as it was.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        classifier = Classifier(pictures.shape[1], pictures.shape[-1], classes)
    classifier = classifier.to(device).train()
    random = torch.Generator().manual_seed(seed)
    batch = min(BATCH, len(pictures))
    steps = max(epochs * (len(pictures) // batch), LEAST_STEPS)
    optimiser = torch.optim.AdamW(classifier.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    order = torch.empty(0, dtype=torch.int64)
    for step in range(1, steps + 1):
        if len(order) < batch:
            order = torch.cat([order, torch.randperm(len(pictures), generator=random)])
        chosen, order = order[:batch], order[batch:]
        seen = pictures[chosen]
        if labels is None:
            seen, wanted = _turned(seen, random)
        else:
            wanted = labels[chosen]
        classifier.train()  # between two steps somebody may have looked
        optimiser.zero_grad(set_to_none=True)
        _, logits = classifier(_shifted(seen, random).to(device))
        cross_entropy(logits, wanted.to(device), label_smoothing=0.05).backward()
        optimiser.step()
        schedule.step()
        yield step / steps
    return classifier.eval().requires_grad_(False)


def _shifted(pictures: Tensor, random: torch.Generator) -> Tensor:
    furthest = pictures.shape[-1] // 16
    down, right = torch.randint(-furthest, furthest + 1, (2,), generator=random).tolist()
    return pictures.roll((down, right), (2, 3))


def _turned(pictures: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each picture turned by 0 to 3 quarters, and the number of quarters."""
    quarters = torch.randint(4, (len(pictures),), generator=random)
    turned = pictures.clone()
    for quarter in range(1, 4):
        here = quarters == quarter
        turned[here] = pictures[here].rot90(quarter, (2, 3))
    return turned, quarters
