"""What a turn of the game answers with. Without PyTorch: the page reads it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Turn:
    """One turn of the game, looked at.

    number: turns played before and with this one.
    real, fake: the pictures both networks worked with, RGB uint8 sheets (H, W, 3), one row.
    score_real, score_fake: D's probability of "real" of each, before this turn.
    after_d_real, after_d_fake: the same pictures after D learned.
    improved: G's pictures for the same random numbers after G learned.
    after_g_fake: D's probabilities of those.
    values: the two terms of V(D, G), mean log D(x) and mean log(1 - D(G(z))), before, after D's
        move and after G's.
    state: all that is needed to play on.
    """

    number: int
    real: np.ndarray
    fake: np.ndarray
    improved: np.ndarray
    score_real: np.ndarray
    score_fake: np.ndarray
    after_d_real: np.ndarray
    after_d_fake: np.ndarray
    after_g_fake: np.ndarray
    values: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    state: bytes
