"""Neural style transfer proper: from two pictures to a painted one, coarse to fine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from plugins.style.minimise import LBFGS
from plugins.style.objective import Objective
from plugins.style.pictures import as_uint8, fitted, long_side, resized
from plugins.style.results import TransferStep

# Weights at which every slider's 1 means "balanced"; the losses are relative, so they hold for
# each network.
CONTENT, STYLE, SMOOTHNESS = 0.15, 1.0, 0.6

_COARSE_SHARE = (
    0.6  # of the steps, spent at half size: large strokes settle there, at a quarter of the cost
)
_COARSEST = 96  # pixels of the long side below which half size shows too little
_SHOW_EVERY = 0.4  # seconds between two pictures
_GRAIN = 4.0  # grey levels of noise on the first picture; breaks ties in flat areas


@dataclass(frozen=True)
class Weights:
    """How much content, style and smoothness count; 1 is balanced, 0 is not at all."""

    content: float = 1.0
    style: float = 1.0
    smoothness: float = 1.0

    def scaled(self) -> tuple[float, float, float]:
        return self.content * CONTENT, self.style * STYLE, self.smoothness * SMOOTHNESS


def transfer(
    objective: Objective,
    content: np.ndarray,
    style: np.ndarray,
    size: int,
    steps: int,
    weights: Weights,
    seed: int,
) -> Iterator[TransferStep]:
    """Paint ``content`` in the manner of ``style``, RGB uint8 (H, W, 3) both.

    The pixels start as the photo and descend the loss of Gatys et al. 2016, equation 7, first at
    half the size. Yields step 0 at once, then each evaluation; the last step has a picture of
    ``size`` pixels on its long side.
    """
    began = time.monotonic()
    photo = fitted(content, size)
    height, width = photo.shape[:2]
    painting = fitted(style, min(size, long_side(style)))
    levels = _levels(size, steps)
    work = sum(side**2 * count for side, count in levels)
    name = objective.network.name
    yield TransferStep(0, steps, photo, None, levels[0][0], 0.0, None, name)

    picture = photo.astype(np.float32)
    grain = np.random.default_rng(seed).normal(0.0, _GRAIN, photo.shape)
    picture = np.clip(picture + grain.astype(np.float32), 0.0, 255.0)
    done, done_work, shown = 0, 0.0, began
    for side, count in levels:
        share = side / size
        target = objective.target(
            fitted(photo, side), fitted(painting, max(1, round(long_side(painting) * share)))
        )
        small = fitted(photo, side).shape
        search = LBFGS(resized(picture, small[0], small[1]), 0.0, 255.0)
        losses = None
        for _ in range(count):
            value, gradient = objective(search.trial, target, weights.scaled())
            if search.tell(value.total, gradient) or losses is None:
                losses = value
            done, done_work = done + 1, done_work + side**2
            now = time.monotonic()
            image = None
            if now - shown >= _SHOW_EVERY or done == steps:
                shown = now
                image = as_uint8(resized(search.best, height, width))
            left = (now - began) * (work / done_work - 1)
            yield TransferStep(done, steps, image, losses, side, now - began, left, name)
        picture = resized(search.best, height, width)


def _levels(size: int, steps: int) -> list[tuple[int, int]]:
    """(long side, steps) from coarse to fine."""
    if size < 2 * _COARSEST:
        return [(size, steps)]
    coarse = round(steps * _COARSE_SHARE)
    return [(size // 2, coarse), (size, steps - coarse)]
