"""Pictures between the visitor's arrays and the networks' floats."""

from __future__ import annotations

import numpy as np
from PIL import Image

from host import UserError

MIN_SIDE = 32
MAX_ASPECT = 4.0


def checked(picture: object, what: str) -> np.ndarray:
    """``picture`` if it is RGB uint8 (H, W, 3) and neither tiny nor a strip; ``what`` names it.

    Raises UserError.
    """
    if picture is None:
        raise UserError(f"Please choose a {what} first.")
    if (
        not isinstance(picture, np.ndarray)
        or picture.dtype != np.uint8
        or picture.ndim != 3
        or picture.shape[2] != 3
    ):
        raise UserError(f"The {what} must be a colour picture with 8 bits per channel.")
    height, width = picture.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise UserError(
            f"The {what} is only {width} x {height} pixels; "
            f"please choose one of at least {MIN_SIDE} x {MIN_SIDE}."
        )
    if max(height, width) > MAX_ASPECT * min(height, width):
        raise UserError(
            f"The {what} is {width} x {height} pixels, too long a strip; "
            f"please crop it to at most {MAX_ASPECT:g}:1."
        )
    return picture


def long_side(picture: np.ndarray) -> int:
    return max(picture.shape[:2])


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 scaled up or down to ``side`` pixels on its long side."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A float picture (H, W, 3) in 0..255 at another size, float32, still within 0..255."""
    channels = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(picture[..., c], np.float32)).resize(
                (width, height), Image.Resampling.BICUBIC
            )
        )
        for c in range(3)
    ]
    return np.clip(np.stack(channels, -1), 0.0, 255.0)


def as_uint8(picture: np.ndarray) -> np.ndarray:
    """A float picture in 0..255, rounded."""
    return np.rint(np.clip(picture, 0.0, 255.0)).astype(np.uint8)
