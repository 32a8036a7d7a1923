"""What a translation from picture to picture hands to the page: numbers and numpy arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DETAIL = 0.4
"""How weak an edge of a photo may be to become a line, from 0 (only the strongest) to 1."""


@dataclass(frozen=True)
class Figures:
    """How near an answer comes to the truth."""

    psnr: float  # decibels, higher is better
    ssim: float  # at most 1, higher is better
    perceptual: float  # LPIPS-like, lower is better


@dataclass(frozen=True, eq=False)
class Translation:
    """One picture translated in several ways."""

    # What the network was given, RGB uint8 (H, W, 3), enlarged to the answers' size by nearest
    # neighbour.
    source: np.ndarray
    # In order, e.g. {"bicubic": ..., "L1 only": ..., "GAN": ...}, RGB uint8, all of one size.
    answers: dict[str, np.ndarray]
    # The truth, where it is known.
    target: np.ndarray | None
    # Of each answer against the target; empty without a target.
    figures: dict[str, Figures]
