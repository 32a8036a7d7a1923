"""Which square of a picture, or of a drawing on the canvas, is used. No torch: the page crops."""

from __future__ import annotations

from typing import Any

import numpy as np

from host import UserError


def square(picture: np.ndarray, zoom: float, across: float, down: float) -> np.ndarray:
    """The square that is ``1 / zoom`` of the shorter side, of RGB uint8 (H, W, 3).

    zoom: at least 1. across, down: where, from 0 (left, top) to 1 (right, bottom).

    Raises UserError for numbers outside these.
    """
    if not zoom >= 1 or not 0 <= across <= 1 or not 0 <= down <= 1:
        raise UserError("The zoom is at least 1, and the place between 0 and 1.")
    height, width = picture.shape[:2]
    side = max(1, round(min(height, width) / zoom))
    top, left = round((height - side) * down), round((width - side) * across)
    return picture[top : top + side, left : left + side]


def on_paper(drawn: dict[str, Any] | None) -> np.ndarray | None:
    """What an image editor holds, RGBA, on white: RGB uint8 (H, W, 3); None while it is empty."""
    drawn = drawn or {}
    # Of a sheet that nobody has drawn on yet the editor sends its background alone.
    for name in ("composite", "background"):
        picture = drawn.get(name)
        if picture is not None and (alpha := picture[..., 3:].astype(np.float32) / 255).any():
            return np.rint(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return None
