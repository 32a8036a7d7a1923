"""Lightness and colour apart: CIE L*a*b* (D65), by numpy alone.

L* is in [0, 100]; a* and b*, green-red and blue-yellow, within about [-110, 110] for sRGB.
"""

from __future__ import annotations

import numpy as np

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
)
_WHITE = _TO_XYZ.sum(axis=1)
_FROM_XYZ = np.linalg.inv(_TO_XYZ).astype(np.float32)
_KNEE = 6 / 29  # where CIE's cube root goes over into a line


def to_lab(picture: np.ndarray) -> np.ndarray:
    """RGB uint8 (..., 3) in sRGB -> float32 (..., 3): L*, a*, b*."""
    xyz = _LINEAR[picture] @ (_TO_XYZ / _WHITE[:, None]).T
    f = np.where(xyz > _KNEE**3, np.cbrt(xyz), xyz / (3 * _KNEE**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def to_rgb(lab: np.ndarray) -> np.ndarray:
    """The inverse of :func:`to_lab`; colours that a screen cannot show are clipped."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > _KNEE, f**3, 3 * _KNEE**2 * (f - 4 / 29)) * _WHITE
    linear = np.clip(xyz @ _FROM_XYZ.T, 0, 1)
    srgb = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return np.rint(255 * srgb).clip(0, 255).astype(np.uint8)


def grey_of(picture: np.ndarray) -> np.ndarray:
    """The picture without its colours: RGB uint8 of the same L*."""
    lab = to_lab(picture)
    lab[..., 1:] = 0
    return to_rgb(lab)


def chroma(picture: np.ndarray) -> float:
    """The mean distance from grey, in units of a* and b*; 0 for a grey picture."""
    return float(np.hypot(*np.moveaxis(to_lab(picture)[..., 1:], -1, 0)).mean())


def colourfulness(picture: np.ndarray) -> float:
    """The measure M of Hasler and Suesstrunk (2003): 0 is grey, 15 slightly, 45 quite, 82 highly
    colourful."""
    red, green, blue = np.moveaxis(picture.astype(np.float32), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])
    spread, offset = opponents.std(axis=(1, 2)), opponents.mean(axis=(1, 2))
    return float(np.hypot(*spread) + 0.3 * np.hypot(*offset))


def _linear() -> np.ndarray:
    levels = np.arange(256, dtype=np.float32) / 255
    linear = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    return linear.astype(np.float32)


_LINEAR = _linear()
