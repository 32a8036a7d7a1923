"""Lines as many hands would draw them, so that a network trained on found edges also understands
drawings."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from plugins.gan.translation.edges import find_edges, ink
from plugins.gan.translation.results import DETAIL

CLEAN = 0.4
"""Share of the drawings left as the edges were found."""


def styled_lines(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A drawing of RGB uint8 (H, W, 3): float32 (H, W) in [0, 1], 1 where there is ink.

    The amount of detail, the smoothing and the thickness of the pen vary; in most drawings lines
    are left out, are wiped away in places, and waver.
    """
    if rng.random() < CLEAN:
        return ink(find_edges(picture, rng.uniform(DETAIL - 0.25, DETAIL + 0.35)))
    lines = find_edges(picture, rng.uniform(0, 0.8), rng.uniform(0.9, 2.4))
    lines = _left_out(lines, rng.uniform(0, 0.35), rng)
    drawn = ink(lines, rng.uniform(1.0, 3.5))
    for _ in range(rng.integers(0, 3)):
        drawn *= 1 - _disc(drawn.shape, rng)
    return _wavering(drawn, rng.uniform(0, 1.5), rng)


def _left_out(lines: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    labels, count = ndimage.label(lines, np.ones((3, 3), bool))
    kept = rng.random(count + 1) >= share
    kept[0] = False
    result: np.ndarray = kept[labels]
    return result


def _disc(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """1 inside a soft disc, 0 outside."""
    height, width = shape
    y, x = np.ogrid[:height, :width]
    radius = rng.uniform(0.04, 0.15) * width
    far = np.hypot(y - rng.uniform(0, height), x - rng.uniform(0, width))
    result: np.ndarray = np.clip((radius - far) / 3, 0, 1)
    return result


def _wavering(drawn: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Moves every point by about ``amount`` pixels, neighbours alike."""
    height, width = drawn.shape
    coarse = rng.normal(0, amount, (2, height // 16 + 1, width // 16 + 1)).astype(np.float32)
    moved = [
        ndimage.zoom(each, (height / each.shape[0], width / each.shape[1]), order=1)
        for each in coarse
    ]
    y, x = np.mgrid[:height, :width]
    result: np.ndarray = ndimage.map_coordinates(
        drawn, [y + moved[0], x + moved[1]], order=1, mode="nearest"
    ).astype(np.float32)
    return result
