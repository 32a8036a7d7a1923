"""Whose colours the result has: the painting's, or the photo's by one of two ways.

Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer".
"""

from __future__ import annotations

import numpy as np

from plugins.style.pictures import as_uint8

# Rec. 601: what a grey picture shows of red, green and blue
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def luminance(picture: np.ndarray) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 in greys, of the same shape and kind."""
    grey = picture.astype(np.float32) @ _LUMINANCE
    return as_uint8(np.repeat(grey[..., None], 3, -1))


def coloured(painted: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The light and dark of ``painted`` in the colours of ``photo``, uint8 (H, W, 3) both."""
    light = painted.astype(np.float32) @ _LUMINANCE
    own = photo.astype(np.float32) @ _LUMINANCE
    return as_uint8(photo.astype(np.float32) + (light - own)[..., None])
