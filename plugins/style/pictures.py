"""Pictures between the visitor's arrays and the networks' floats."""

from __future__ import annotations

import numpy as np
from PIL import Image

from host import UserError, checks

MIN_SIDE = 32
MAX_ASPECT = 4.0


def checked(picture: object, what: str) -> np.ndarray:
    """``picture`` if it is RGB uint8 (H, W, 3) and neither tiny nor a strip; ``what`` names it.

    Raises UserError.
    """
    known = checks.picture(what, picture)
    height, width = known.shape[:2]
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
    return known


def checked_mask(mask: object) -> np.ndarray | None:
    """A mask, bool or uint8 (H, W), as float32 in 0..1; None for none and where nothing is drawn.

    Raises UserError.
    """
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype not in (bool, np.uint8):
        raise UserError("A mask must be a grey picture with 8 bits.")
    if not mask.size or not mask.any():
        return None
    return mask.astype(np.float32) / (1 if mask.dtype == bool else 255)


def long_side(picture: np.ndarray) -> int:
    return max(picture.shape[:2])


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 scaled up or down to ``side`` pixels on its long side."""
    height, width = picture.shape[:2]
    return stretched(picture, *_fit(height, width, side))


def stretched(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 at exactly this size."""
    image = Image.fromarray(picture)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


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


def scaled_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """A mask, float32 (H, W) in 0..1, at exactly this size."""
    image = Image.fromarray(mask).resize((width, height), Image.Resampling.BOX)
    return np.clip(np.asarray(image), 0.0, 1.0)


def _fit(height: int, width: int, side: int) -> tuple[int, int]:
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))
