"""What the playground is asked for and what it shows. No torch: the web process reads this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LIMIT = 1.0  # the plane is [-LIMIT, LIMIT] x [-LIMIT, LIMIT]


@dataclass(frozen=True)
class PlaySettings:
    """One game. Every field may change in mid-run; `check.checked` says what is allowed."""

    distribution: str = "ring"  # line | two gaussians | ring | disjoint | spiral | grid | own
    points: np.ndarray | None = None  # (N, 2) float32 in [-1, 1], for "own"
    noise: str = "gaussian"  # gaussian | uniform
    noise_size: int = 2  # 1 or 2
    layers_g: int = 2  # hidden layers, 1..4
    neurons_g: int = 32  # 2..128
    layers_d: int = 2
    neurons_d: int = 32
    activation: str = "relu"  # relu | leaky-relu | tanh | sigmoid
    objective: str = "non-saturating"  # a name of plugins.gan.training.objectives.OBJECTIVES
    optimiser: str = "adam"  # adam | sgd
    rate_g: float = 5e-4
    rate_d: float = 5e-3
    updates_g: int = 1  # 0..5 per turn; 0 freezes the generator
    updates_d: int = 2  # 0..5 per turn; 0 freezes the discriminator
    batch: int = 128
    seed: int = 0


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
