"""Pictures from a generator."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.latents import latents
from plugins.gan.networks import Generator
from plugins.gan.pictures import to_grid


@torch.inference_mode()
def draw(
    generator: Generator,
    classes: Sequence[int],
    seed: int,
    count: int,
    truncation: float,
    scale: int = 2,
) -> np.ndarray:
    """``count`` latents, each drawn as every one of ``classes``: several classes make a row for
    each latent; a single one, or none, fills a rectangle. RGB uint8 (H, W, 3)."""
    points = latents(seed, count, generator.config.latent, truncation)
    labels = None
    if classes:
        points = points.repeat_interleave(len(classes), dim=0)
        labels = one_hot(torch.tensor(list(classes) * count), generator.config.classes)
    columns = len(classes) if len(classes) > 1 else math.ceil(math.sqrt(count))
    return to_grid(run(generator, points, labels), columns, scale)


@torch.no_grad()  # inference mode would forbid to learn from them
def run(generator: Generator, points: Tensor, labels: Tensor | None = None) -> Tensor:
    """Pictures, float32 on the CPU, for latents on the CPU, in parts that bound the memory."""
    device = next(generator.parameters()).device
    pictures = []
    for start in range(0, len(points), 256):
        part = labels[start : start + 256].to(device, torch.float32) if labels is not None else None
        pictures.append(generator(points[start : start + 256].to(device), part).float().cpu())
    return torch.cat(pictures)
