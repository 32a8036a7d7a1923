"""Differentiable augmentation of what the discriminator sees (Zhao et al. 2020, arXiv:2006.10738).

Real and generated pictures alike are recoloured, shifted and partly covered before the
discriminator looks, and the generator learns through that: so a small set of pictures cannot be
learnt by heart, and the augmentation does not leak into what is generated.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def diffaugment(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W) in [-1, 1], each changed in its own way; of the same shape.

    Brightness, and for three channels saturation; contrast; a shift by up to 1/8 of the side, what
    comes in is grey (0); a grey square of half the side. random: a generator on the CPU.
    """
    return _cutout(_shift(_colour(pictures, random), random), random)


def _draw(pictures: Tensor, random: torch.Generator) -> Tensor:
    """A number in [0, 1) for each picture, (N, 1, 1, 1)."""
    return torch.rand(len(pictures), 1, 1, 1, generator=random).to(pictures)


def _colour(pictures: Tensor, random: torch.Generator) -> Tensor:
    pictures = pictures + _draw(pictures, random) - 0.5
    if pictures.shape[1] > 1:
        mean = pictures.mean(1, keepdim=True)
        pictures = (pictures - mean) * (_draw(pictures, random) * 2) + mean
    mean = pictures.mean((1, 2, 3), keepdim=True)
    return (pictures - mean) * (_draw(pictures, random) + 0.5) + mean


def _shift(pictures: Tensor, random: torch.Generator) -> Tensor:
    count, _, height, width = pictures.shape
    most = max(1, height // 8)
    down, right = torch.randint(0, 2 * most + 1, (2, count, 1), generator=random)
    rows = (torch.arange(height) + down).to(pictures.device)
    columns = (torch.arange(width) + right).to(pictures.device)
    padded = pad(pictures, (most,) * 4).permute(0, 2, 3, 1)
    which = torch.arange(count, device=pictures.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(pictures: Tensor, random: torch.Generator) -> Tensor:
    count, _, height, width = pictures.shape
    side = height // 2
    top, left = torch.randint(-side // 2, height - side // 2, (2, count, 1), generator=random)
    rows, columns = torch.arange(height), torch.arange(width)
    covered = ((rows >= top) & (rows < top + side))[:, :, None] & (
        (columns >= left) & (columns < left + side)
    )[:, None, :]
    return pictures * (~covered).to(pictures)[:, None]
