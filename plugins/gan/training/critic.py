"""The discriminator as a critic of any picture: its score among those of known pictures."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.networks import Discriminator, Generator
from plugins.gan.training.reals import RealPictures

REFERENCES = 512
"""Real and generated pictures whose scores make the scale."""


def score_pictures(
    discriminator: Discriminator,
    pictures: Tensor,
    labels: Tensor | None = None,
) -> np.ndarray:
    """Scores of pictures, float32 (N,).

    pictures: (N, C, S, S) in [-1, 1]. labels: classes (N,) int64, or weights (N, classes); for a
    conditional discriminator. The discriminator is left as it was.

    ValueError for a conditional discriminator without labels.
    """
    device = next(discriminator.parameters()).device
    if labels is not None:
        if not labels.is_floating_point():
            labels = one_hot(labels.long(), discriminator.config.classes)
        labels = labels.float().to(device)
    was_training = discriminator.training
    discriminator.eval()  # spectral normalisation would otherwise take a step with every look
    with torch.no_grad():
        parts = [
            discriminator(
                pictures[i : i + 256].to(device),
                labels[i : i + 256] if labels is not None else None,
            )
            for i in range(0, len(pictures), 256)
        ]
    discriminator.train(was_training)
    return torch.cat(parts).float().cpu().numpy() if parts else np.zeros(0, np.float32)


def percentiles(scores: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Percent (N,) of the reference scores (M,), M >= 1, that are below each score (N,).

    Ties count half.
    """
    ordered = np.sort(reference)
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return 50.0 * below / len(ordered)


@dataclass(frozen=True, eq=False)
class Critic:
    """A discriminator with the scores (M,) that it gives to real and to generated pictures."""

    discriminator: Discriminator
    real: np.ndarray
    fake: np.ndarray

    @classmethod
    def of(
        cls, discriminator: Discriminator, generator: Generator, reals: RealPictures, seed: int
    ) -> Critic:
        """A copy of the discriminator, and its scores of up to REFERENCES pictures of each kind.

        Generated pictures have the classes of the real ones.
        """
        judge = deepcopy(discriminator).eval().requires_grad_(False)
        device = next(judge.parameters()).device
        count = min(REFERENCES, len(reals))
        chosen = torch.linspace(0, len(reals) - 1, count).long().to(device)
        labels = None
        if reals.labels is not None:
            labels = one_hot(reals.labels[chosen], judge.config.classes).float()
        random = torch.Generator().manual_seed(seed)
        points = torch.randn(count, generator.config.latent, generator=random).to(device)
        with torch.no_grad():
            drawn = generator(points, labels).float()
        return cls(
            judge,
            score_pictures(judge, reals.pictures(chosen), labels),
            score_pictures(judge, drawn, labels),
        )

    def score(
        self, pictures: Tensor, labels: Tensor | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores (N,), and the percent of real and of generated pictures that score lower."""
        scores = score_pictures(self.discriminator, pictures, labels)
        return scores, percentiles(scores, self.real), percentiles(scores, self.fake)
