"""Photos and paintings to transfer."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image
from rows import ROOT
from sklearn.datasets import load_sample_image

PAIRS = (("china", "starry"), ("flower", "waves"))


@functools.cache
def photo_of(name: str) -> np.ndarray:
    return np.array(load_sample_image(f"{name}.jpg"))


@functools.cache
def painting_of(name: str) -> np.ndarray:
    return np.asarray(Image.open(ROOT / "assets" / "style" / f"{name}.jpg").convert("RGB"))
