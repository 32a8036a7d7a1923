"""Classic augmentation: small random shifts, turns and zooms."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

SHIFT = 0.08
"""Of the side, at most, each way."""
TURN = math.radians(12)
ZOOM = 0.1


def classic(pictures: Tensor, random: torch.Generator, flips: bool = False) -> Tensor:
    """Pictures (N, C, H, W), each moved, turned and zoomed in its own way; of the same shape.

    What comes in at the edge repeats the edge. flips: mirror half of them, left to right: only
    for things that are the same in a mirror. random: a generator on the CPU.
    """
    count = len(pictures)
    turn, zoom, right, down, mirror = torch.rand(5, count, generator=random) * 2 - 1
    angle, scale = turn * TURN, 1 + zoom * ZOOM
    sign = torch.where(mirror < 0, -1.0, 1.0) if flips else torch.ones(count)
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    # affine_grid counts in half sides
    rows = [cosine * sign, -sine, right * 2 * SHIFT, sine * sign, cosine, down * 2 * SHIFT]
    theta = torch.stack(rows, 1).view(count, 2, 3).to(pictures)
    grid = affine_grid(theta, list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)
