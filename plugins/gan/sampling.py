"""Pictures from a class-conditional generator: sheets of digits, and walks between two."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.latents import latents, slerp
from plugins.gan.networks import Generator
from plugins.gan.pictures import to_grid, to_rgb
from plugins.gan.results import WalkResult


@torch.inference_mode()
def draw_digits(
    generator: Generator, classes: Sequence[int], seed: int, count: int, truncation: float
) -> np.ndarray:
    """``count`` latents, each drawn as every one of ``classes``: several classes make a row for
    each latent, a single one fills a square. RGB uint8 (H, W, 3)."""
    config = generator.config
    points = latents(seed, count, config.latent, truncation)
    pictures = _run(
        generator,
        points.repeat_interleave(len(classes), dim=0),
        one_hot(torch.tensor(list(classes) * count), config.classes),
    )
    columns = len(classes) if len(classes) > 1 else math.ceil(math.sqrt(count))
    return to_grid(pictures, columns, scale=2)


@torch.inference_mode()
def walk(
    generator: Generator,
    classes: tuple[int, int],
    seeds: tuple[int, int],
    frames: int,
    truncation: float,
) -> WalkResult:
    """``frames`` pictures from the first class and seed to the second: latents along the great
    circle, class embeddings along the straight line."""
    config = generator.config
    start, end = (latents(seed, 1, config.latent, truncation)[0] for seed in seeds)
    fractions = torch.linspace(0, 1, frames)
    first, last = one_hot(torch.tensor(classes), config.classes).float()
    pictures = _run(
        generator, slerp(start, end, fractions), torch.lerp(first, last, fractions[:, None])
    )
    shown = torch.linspace(0, frames - 1, min(frames, 9)).round().long()
    return WalkResult(
        frames=to_rgb(pictures, scale=4), strip=to_grid(pictures[shown], len(shown), scale=2)
    )


def _run(generator: Generator, points: Tensor, labels: Tensor) -> Tensor:
    device = next(generator.parameters()).device
    return generator(points.to(device), labels.to(device, torch.float32)).cpu()
