"""What drawing and walking answer with. Without PyTorch: the page reads it too."""

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


@dataclass(frozen=True, eq=False)
class NearestSheet:
    """Generated pictures above their nearest training pictures.

    sheet: a column for each: the picture, then its neighbours; RGB uint8 (H, W, 3).
    distances: to the nearest, Euclidean in pixel values of [-1, 1], one for each picture.
    unseen_median, unseen_lowest: median and 1st percentile of the same distance for real pictures
        that the generator never saw.
    train: how many training pictures were searched.
    """

    sheet: np.ndarray
    distances: tuple[float, ...]
    unseen_median: float
    unseen_lowest: float
    train: int
