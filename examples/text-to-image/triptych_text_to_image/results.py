"""What the backend streams to the tab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Download:
    """A model or LoRA on its way; ``done`` and ``total`` in bytes."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class Loading:
    """A model or LoRA is being read into memory."""

    name: str


@dataclass(frozen=True)
class Step:
    """A step is done, or half a second has passed since the last news.

    number, count: which picture of how many. step, steps: of this picture.
    left: seconds until the last picture is done, None before the first step.
    preview: RGB uint8 (H/8, W/8, 3), None where there is no news.
    """

    number: int
    count: int
    step: int
    steps: int
    left: float | None = None
    preview: np.ndarray | None = None


@dataclass(frozen=True)
class Made:
    """A finished picture.

    picture: RGB uint8 (H, W, 3); black where ``blocked``.
    settings: all it takes to make it again, for its PNG file.
    blocked: the model's safety checker held it back.
    seconds: of its making, without loading.
    """

    number: int
    count: int
    picture: np.ndarray
    settings: dict[str, str]
    blocked: bool
    seconds: float


News = Download | Loading | Step | Made
