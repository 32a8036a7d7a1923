"""Walks between two latents and through the classes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.generation.results import WalkResult
from plugins.gan.latents import latents, slerp
from plugins.gan.networks import Generator
from plugins.gan.pictures import to_grid, to_rgb
from plugins.gan.sampling import run

STRIP = 9
"""Pictures of a walk's strip."""


@torch.inference_mode()
def walk(
    generator: Generator,
    classes: Sequence[int],
    seeds: tuple[int, int],
    frames: int,
    truncation: float,
    scale: int = 4,
) -> WalkResult:
    """``frames`` pictures from the first seed to the second and through ``classes`` in turn.

    Latents go along the great circle, class embeddings along straight lines from one class to
    the next; no ``classes`` for a generator without.
    """
    start, end = (latents(seed, 1, generator.config.latent, truncation)[0] for seed in seeds)
    fractions = torch.linspace(0, 1, frames)
    labels = _blends(classes, fractions, generator.config.classes) if classes else None
    pictures = run(generator, slerp(start, end, fractions), labels)
    shown = torch.linspace(0, frames - 1, min(frames, max(STRIP, len(classes)))).round().long()
    return WalkResult(
        frames=to_rgb(pictures, scale), strip=to_grid(pictures[shown], len(shown), scale=2)
    )


def _blends(classes: Sequence[int], fractions: Tensor, count: int) -> Tensor:
    """Blends of neighbouring classes, (N, count), for ``fractions`` (N,) of the whole way."""
    corners = one_hot(torch.tensor(list(classes)), count).float()
    if len(classes) == 1:
        return corners.expand(len(fractions), -1)
    way = fractions * (len(classes) - 1)
    before = way.floor().long().clamp(max=len(classes) - 2)
    return torch.lerp(corners[before], corners[before + 1], (way - before)[:, None])
