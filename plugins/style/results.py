"""What the style backend hands to its tab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIZES = (128, 768)
"""Pixels of the result's long side, least and most."""
STEPS = (10, 600)
"""Evaluations of the losses, least and most."""
WEIGHTS = (0, 100)
"""How much one part counts, least and most; 1 is balanced."""
SEEDS = (0, 2**32 - 1)
DEFAULT_SIZE = 384
DEFAULT_STEPS = 120


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

    step, steps: how many of the planned evaluations are done; step 0 is the photo itself.
    image: RGB uint8 (H, W, 3) of the size asked for, or None: only some steps show a picture.
    losses: of the picture so far; None at step 0.
    side: long side in pixels at which the picture is being painted now.
    elapsed, left: seconds; ``left`` is None until it can be guessed.
    network: "vgg19" or "embedded".
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
class NetworkInfo:
    """A network that can be asked for.

    name: "vgg19" or "embedded".
    ready: whether its weights are on this machine.
    """

    name: str
    ready: bool
