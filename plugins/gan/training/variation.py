"""How much a generator's samples differ from one another, measured against real pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.training.reals import RealPictures

SAMPLES, SAMPLES_OF_CLASS, REALS = 64, 12, 500
MAX_CLASSES = 10
"""Of more classes only the first ones are looked at."""


class Variation:
    """Measures at always the same latents."""

    def __init__(
        self, reals: RealPictures, networks: NetworkConfig, seed: int, device: torch.device
    ) -> None:
        self._reals = reals
        self._classes = min(networks.classes, MAX_CLASSES)
        count = SAMPLES_OF_CLASS if self._classes else SAMPLES
        points = latents(seed, count, networks.latent, truncation=4.0).to(device)
        self._labels: Tensor | None = None
        if self._classes:
            # Each class is drawn at the same latents.
            points = points.repeat(self._classes, 1)
            asked = torch.arange(self._classes, device=device).repeat_interleave(count)
            self._labels = one_hot(asked, networks.classes).float()
        self._points = points
        self._real: list[float] | None = None

    @torch.no_grad()
    def shares(self, generator: Generator) -> list[float]:
        """Mean standard deviation of a pixel over the samples, divided by that over real
        pictures, for each class; one number without classes."""
        if self._real is None:
            self._real = self._of_reals()
        drawn = generator(self._points, self._labels).float()
        groups = drawn.chunk(max(self._classes, 1))
        made = torch.stack([_deviation(group) for group in groups]).tolist()
        # A class without two real pictures that differ has nothing to compare with.
        return [m / r if r > 1e-3 else 1.0 for m, r in zip(made, self._real, strict=True)]

    def _of_reals(self) -> list[float]:
        reals = self._reals
        if not self._classes or reals.labels is None:
            chosen = [torch.linspace(0, len(reals) - 1, min(REALS, len(reals))).long()]
        else:
            chosen = [(reals.labels == c).nonzero()[:REALS, 0].cpu() for c in range(self._classes)]
        return [
            _deviation(reals.pictures(c.to(self._points.device))).item() if len(c) > 1 else 0.0
            for c in chosen
        ]


def _deviation(pictures: Tensor) -> Tensor:
    """Mean over the pixels of their standard deviation over the pictures."""
    return pictures.std(dim=0, correction=0).mean()
