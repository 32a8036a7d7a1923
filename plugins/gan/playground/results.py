"""What the playground shows. No torch: the web process reads this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LIMIT = 1.0  # the plane is [-LIMIT, LIMIT] x [-LIMIT, LIMIT]


@dataclass(frozen=True, eq=False)
class Frame:
    """The whole picture of the game at one moment, M <= 250 points of each kind.

    step: turns played. phase: "run", or a sub-step of slow motion, which has a caption.
    real, fake: (M, 2) float32, always the same real points and latents.
    score_real, score_fake: (M,) float32, the discriminator's probability of "real".
    heat: (40, 40) float32, that probability over the plane at cell centres; row 0 is y = -1 + 1/40.
    manifold: (R, C, 2) float32, where the generator takes a regular grid of latents; R is 1 when
        the noise is one number.
    density: (R - 1, C - 1) float32, latent mass per area of each cell, scaled to [0, 1].
    gradient: (M, 2) float32, minus the gradient of G's loss at each fake: the way it is told to go.
    loss_g, loss_d: on the points shown, without penalties.
    value: V(D, G) of the minimax game.
    kl, js: KL(real || fake) and Jensen-Shannon divergence in nats.
    js_floor: JS of two samples of the real distribution, by the same estimate.
    modes_covered, modes: 0 of 0 where the distribution has no modes.
    quality: share of fakes near a real point.
    snapshot: all that is needed to go on from here (safetensors).
    """

    step: int
    phase: str
    caption: str
    real: np.ndarray
    fake: np.ndarray
    score_real: np.ndarray
    score_fake: np.ndarray
    heat: np.ndarray
    manifold: np.ndarray
    density: np.ndarray
    gradient: np.ndarray
    loss_g: float
    loss_d: float
    value: float
    kl: float
    js: float
    js_floor: float
    modes_covered: int
    modes: int
    quality: float
    snapshot: bytes
