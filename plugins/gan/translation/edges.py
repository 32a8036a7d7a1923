"""From pictures to line drawings: edges as Canny (1986) finds them, drawn as with a pen, and
drawings of a visitor's brought to the same form.

Lines are float32 (H, W) in [0, 1], 1 where there is ink.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import ndimage

from plugins.gan.translation.results import DETAIL

THICKNESS = 1.5
"""Of drawn lines, in pixels."""
_FULL_CONTRAST = 0.25
"""A picture's strongest edges count as strong if this steep; below, a plain picture's noise
would be drawn."""
_WEAK = 0.4  # of the strong threshold: Canny's hysteresis
_EVERYWHERE = np.ones((3, 3), bool)


def find_edges(picture: np.ndarray, detail: float = DETAIL, sigma: float = 1.2) -> np.ndarray:
    """Where RGB uint8 (H, W, 3) changes most steeply: bool (H, W), lines one pixel wide.

    detail: 0 to 1. sigma: of the Gaussian that removes texture first, in pixels.
    """
    grey = ndimage.gaussian_filter(luma(picture), sigma)
    across, down = ndimage.sobel(grey, axis=1), ndimage.sobel(grey, axis=0)
    steepness = np.hypot(across, down)
    # relative to the picture's own contrast: a dim photo has edges, too
    steepness /= max(float(np.quantile(steepness, 0.98)), _FULL_CONTRAST)
    ridge = (steepness >= _neighbours(steepness, across, down)).astype(bool)
    strong = 0.75 * 0.08**detail  # even steps of the slider are even ratios
    weak = ridge & (steepness > _WEAK * strong)
    labels, count = ndimage.label(weak, _EVERYWHERE)
    kept = np.zeros(count + 1, bool)
    kept[labels[ridge & (steepness > strong)]] = True
    kept[0] = False
    kept &= np.bincount(labels.ravel(), minlength=count + 1) > 4  # specks are no lines
    result: np.ndarray = kept[labels]
    return result


def ink(lines: np.ndarray, thickness: float = THICKNESS) -> np.ndarray:
    """Draws bool (H, W) with a pen of ``thickness`` pixels, with smooth borders."""
    if not lines.any():
        return np.zeros(lines.shape, np.float32)
    distance = ndimage.distance_transform_edt(~lines)
    result: np.ndarray = np.clip(thickness / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return result


def photo_lines(picture: np.ndarray, size: int, detail: float = DETAIL) -> np.ndarray:
    """The lines (size, size) of a square photo, RGB uint8."""
    small = Image.fromarray(picture).resize((size, size), Image.Resampling.LANCZOS)
    return ink(find_edges(np.asarray(small), detail))


def drawing_lines(picture: np.ndarray, size: int) -> np.ndarray:
    """The lines (size, size) of a square drawing, dark on light, RGB uint8.

    The paper may be grey or shaded; faint pencil is darkened to full ink.
    """
    grey = luma(picture)
    small = np.asarray(
        Image.fromarray(grey).resize((size, size), Image.Resampling.BOX), dtype=np.float32
    )
    reach = max(3, size // 8)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(small, reach), reach / 2)
    dark = np.clip(paper - small, 0, 1)
    full = max(float(np.quantile(dark, 0.99)), 0.15)
    # what is less than a fifth of the darkest is paper
    result: np.ndarray = np.clip((dark / full - 0.2) / 0.6, 0, 1).astype(np.float32)
    return result


def picture_of(lines: np.ndarray) -> np.ndarray:
    """Black on white, RGB uint8 (H, W, 3)."""
    grey = np.rint(255 * (1 - lines)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def luma(picture: np.ndarray) -> np.ndarray:
    """RGB uint8 (H, W, 3) -> float32 (H, W) in [0, 1] (Rec. 601)."""
    weights = np.array([0.299, 0.587, 0.114], np.float32) / 255
    result: np.ndarray = picture.astype(np.float32) @ weights
    return result


def _neighbours(steepness: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """The larger of the two neighbours along the gradient, which is rounded to eight ways."""
    padded = np.pad(steepness, 1)
    height, width = steepness.shape

    def shifted(dy: int, dx: int) -> np.ndarray:
        return np.maximum(
            padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width],
            padded[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width],
        )

    way = np.rint(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    choices = [shifted(0, 1), shifted(1, 1), shifted(1, 0), shifted(1, -1)]
    return np.choose(way, choices)
