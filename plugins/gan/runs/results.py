"""What a training run and its networks answer with. Without PyTorch: the page reads it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TrainStep:
    """How a training run stands.

    step, steps: updates of the generator done, and to do in all. begun: those that were done when
        this call began.
    measured: False for the first report, of a run that has not taken a step yet: then everything
        but grid, steps, precision and pictures is meaningless.
    note: what is done when it is not yet training: fetching or reading pictures, teaching the
        classifier; else "".
    grid: samples of the averaged generator for the run's fixed latents, RGB uint8 (H, W, 3), or
        None with a note. A conditional run has a column for each class, one latent to a row.
    loss_g, loss_d: means since the last report, without penalties.
    score_real, score_fake: the discriminator's mean probability of "real", on real pictures and
        on generated ones, since the last report.
    fooled: the share of pairs in which a generated picture is scored above a real one; 0.5 when
        the discriminator cannot tell. It means the same for every objective.
    gradient_g, gradient_d: L2 norms of the last step's gradients.
    variation: how much the samples differ from each other, relative to real pictures (of a class,
        where there are classes).
    accuracy: the share of generated pictures that a classifier, which the generator never met,
        takes for the class asked for; None for a run without classes.
    health: "" while all is well, else a sentence on what is wrong; advice: what to change.
    seconds, seconds_left: time spent, and an estimate of the time still needed.
    images_per_second: real pictures learnt from, per second, since the last report.
    precision: of the convolutions. pictures: how many are learnt from. names: of the classes that
        the grid's columns show.
    state: now and then, and in the last step, all that is needed to go on from here.
    """

    step: int
    steps: int
    begun: int = 0
    measured: bool = True
    note: str = ""
    grid: np.ndarray | None = None
    loss_g: float = 0.0
    loss_d: float = 0.0
    score_real: float = 0.5
    score_fake: float = 0.5
    fooled: float = 0.5
    gradient_g: float = 0.0
    gradient_d: float = 0.0
    variation: float = 1.0
    accuracy: float | None = None
    health: str = ""
    advice: str = ""
    seconds: float = 0.0
    seconds_left: float = 0.0
    images_per_second: float = 0.0
    precision: str = "float32"
    pictures: int = 0
    names: tuple[str, ...] = ()
    state: bytes | None = None


@dataclass(frozen=True)
class Opinion:
    """What a discriminator says of a picture.

    score: of the picture, as the network gives it: the higher, the more real.
    above_real, above_fake: the share of real and of generated pictures scored below it.
    real, fake: the scores of those real and generated pictures.
    seen: what the discriminator was shown, RGB uint8 (H, W, 3), enlarged.
    """

    score: float
    above_real: float
    above_fake: float
    real: np.ndarray
    fake: np.ndarray
    seen: np.ndarray
