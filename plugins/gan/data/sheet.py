"""A sheet of training pictures, to see what a GAN is to learn."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from plugins.gan import checks
from plugins.gan.pictures import to_grid

MAX_COUNT = 256
_CELL = 64  # pixels that a small picture is enlarged towards


def sheet(pictures: Tensor, count: int = 64, seed: int = 0) -> np.ndarray:
    """``count`` of ``pictures`` (N, C, S, S) in [-1, 1], drawn without repetition, as a square
    grid, RGB uint8 (H, W, 3). All of them, where there are fewer.

    Raises UserError for a count outside 1 to 256 or a seed out of range.
    """
    count = min(checks.whole("The number of pictures", count, 1, MAX_COUNT), len(pictures))
    generator = torch.Generator().manual_seed(checks.seed(seed))
    chosen = torch.randperm(len(pictures), generator=generator)[:count]
    scale = max(1, _CELL // pictures.shape[-1])
    return to_grid(pictures[chosen], math.ceil(math.sqrt(count)), scale)
