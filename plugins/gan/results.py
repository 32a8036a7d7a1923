"""What the GAN backend answers. NumPy only, so the web process can read it without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WalkResult:
    """A walk through the latent space.

    frames: RGB uint8 (frames, H, W, 3), from the first digit to the last.
    strip: some of the frames side by side, RGB uint8 (H, W, 3).
    """

    frames: np.ndarray
    strip: np.ndarray


@dataclass(frozen=True)
class TrainStep:
    """How a training run stands.

    step, steps: updates done, and to do in all.
    grid: samples of the averaged generator for the run's fixed latents, RGB uint8 (H, W, 3).
    loss_g, loss_d: means since the last report, in nats; D's is the sum of its two halves,
        without the R1 penalty.
    score_real, score_fake: the discriminator's mean probability of "real", on real pictures and
        on generated ones, since the last report.
    gradient_g, gradient_d: L2 norms of the last step's gradients.
    seconds, seconds_left: time spent, and an estimate of the time still needed.
    images_per_second: real pictures learnt from, per second, since the last report.

    Before the first step everything but the grid and the step counts is 0 (scores: 0.5).
    """

    step: int
    steps: int
    grid: np.ndarray
    loss_g: float
    loss_d: float
    score_real: float
    score_fake: float
    gradient_g: float
    gradient_d: float
    seconds: float
    seconds_left: float
    images_per_second: float
