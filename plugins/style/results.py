"""What the style backend hands to its tab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Losses:
    """The losses of one picture: ``content``, ``style`` and ``smoothness`` are weighted and add up
    to ``total``.

    layers: style layer -> its own loss, unweighted: 0 is the painting's style, 1 or more is none
        of it.
    """

    total: float
    content: float
    style: float
    smoothness: float
    layers: dict[str, float]


@dataclass(frozen=True)
class TransferStep:
    """One step of a style transfer.

    step, steps: how many of the planned evaluations are done; step 0 is the start itself.
    image: RGB uint8 (H, W, 3) of the size asked for, or None: only some steps show a picture.
    losses: of the picture so far; None at the first step yielded.
    side: long side in pixels at which the picture is being painted now.
    elapsed, left: seconds; ``left`` is None until it can be guessed and 0 at the last step, which
        a time limit can make come before ``steps``.
    network: which one answers, by name.
    """

    step: int
    steps: int
    image: np.ndarray | None
    losses: Losses | None
    side: int
    elapsed: float
    left: float | None
    network: str


@dataclass(frozen=True)
class ModelStatus:
    """Whether a network can answer now: ``ready`` when its weights are on this machine.

    name: of one of :data:`plugins.style.models.MODELS`. active: it is the one that "auto" chooses.
    """

    name: str
    ready: bool
    active: bool
