"""Latent vectors from seeds, drawn on the CPU: the device does not change them."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor


def latents(seed: int, count: int, length: int, truncation: float) -> Tensor:
    """Draws from the standard normal cut to [-truncation, truncation] (count, length), float32.

    The truncation trick of Brock et al. 2019 (arXiv:1809.11096, sec. 3.1), by inverting the cut
    distribution instead of drawing again: each number moves smoothly with the truncation, and
    the first rows do not depend on how many follow. truncation: > 0, in standard deviations.
    """
    uniform = torch.from_numpy(np.random.default_rng(seed).random((count, length)))
    low = torch.special.ndtr(torch.tensor(-truncation, dtype=torch.float64))
    return torch.special.ndtri(low + uniform * (1 - 2 * low)).float()


def slerp(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """Points on the great circle from ``start`` to ``end``, both (length,), at ``fractions`` (N,)
    of the way, (N, length): a straight line would pass through lengths that the generator never
    met (White 2016, arXiv:1609.04468). Lengths are blended linearly."""
    lengths = start.norm(), end.norm()
    a, b = start / lengths[0], end / lengths[1]
    angle = math.acos(max(-1.0, min(1.0, float(a @ b))))
    t = fractions[:, None]
    if math.sin(angle) < 1e-4:
        return torch.lerp(start.expand(len(t), -1), end.expand(len(t), -1), t)
    direction = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / math.sin(angle)
    return direction * torch.lerp(lengths[0], lengths[1], t)
