"""Strokes: where they begin, how they run, and how they are put on the sheet."""

from __future__ import annotations

import cv2
import numpy as np

_STEP = 2.5  # pixels between two points of a stroke
_COARSE = 3  # places to begin are chosen on a grid so many pixels wide
_SHIFT = 4  # OpenCV's fixed point: sixteenths of a pixel


def begin(missing: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Up to ``count`` points (N, 2), x before y, mostly where ``missing`` (H, W) >= 0 is large."""
    height, width = missing.shape
    coarse = (max(1, width // _COARSE), max(1, height // _COARSE))
    weights = cv2.resize(missing, coarse, interpolation=cv2.INTER_AREA).ravel().astype(np.float64)
    total = np.cumsum(weights**1.5)
    if total[-1] <= 1e-9:
        return np.zeros((0, 2), np.float32)
    places = np.searchsorted(total, rng.random(count) * total[-1])
    places = np.minimum(places, weights.size - 1)
    at = np.stack([places % coarse[0], places // coarse[0]], axis=1) + rng.random((count, 2))
    at *= (width / coarse[0], height / coarse[1])
    return at.astype(np.float32)


def field(along: np.ndarray, certain: np.ndarray, angle: float, follow: float) -> np.ndarray:
    """Unit vectors (H, W, 2): the hand's own ``angle`` in degrees, bent along the shapes."""
    turned = np.deg2rad(-angle)
    double = np.stack(
        [along[..., 0] ** 2 - along[..., 1] ** 2, 2 * along[..., 0] * along[..., 1]], axis=-1
    )  # doubled angles, so that a direction and its opposite are one
    share = (follow * certain)[..., None]
    own = np.array([np.cos(2 * turned), np.sin(2 * turned)], np.float32)
    mixed = share * double + (1 - share) * own
    half = 0.5 * np.arctan2(mixed[..., 1], mixed[..., 0])
    return np.stack([np.cos(half), np.sin(half)], axis=-1).astype(np.float32)


def trace(
    starts: np.ndarray,
    directions: np.ndarray,
    wanted: np.ndarray,
    lengths: np.ndarray,
    bend: np.ndarray,
) -> list[np.ndarray]:
    """Follow ``directions`` (H, W, 2) from each start, both ways.

    A stroke ends at its length (pixels, one a stroke), at the sheet's edge, or where ``wanted``
    (H, W) falls below half of what it was at its start. ``bend`` (radians a step, one a stroke)
    gives it the curve of a hand. Returns one (points, 2) array a stroke.
    """
    there = _one_way(starts, directions, wanted, lengths / 2, bend, 1.0)
    back = _one_way(starts, directions, wanted, lengths / 2, bend, -1.0)
    return [
        np.concatenate([second[::-1], first[1:]]) for first, second in zip(there, back, strict=True)
    ]


def _one_way(
    starts: np.ndarray,
    directions: np.ndarray,
    wanted: np.ndarray,
    lengths: np.ndarray,
    bend: np.ndarray,
    sign: float,
) -> list[np.ndarray]:
    height, width = wanted.shape

    def look(field: np.ndarray, at: np.ndarray) -> np.ndarray:
        x = np.clip(at[:, 0].astype(int), 0, width - 1)
        y = np.clip(at[:, 1].astype(int), 0, height - 1)
        return field[y, x]

    at = starts.copy()
    enough = 0.5 * look(wanted, at)
    heading = sign * look(directions, at)
    steps = np.maximum(1, (lengths / _STEP).astype(int))
    points = [at.copy()]
    alive = np.ones(len(at), bool)
    ends = np.ones(len(at), int)
    cos, sin = np.cos(bend), np.sin(bend)
    for number in range(int(steps.max(initial=0))):
        way = look(directions, at)
        way = way * np.where((way * heading).sum(1) < 0, -1, 1)[:, None]
        heading = 0.5 * heading + 0.5 * way
        x, y = heading.T
        heading = np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)
        heading /= np.linalg.norm(heading, axis=1, keepdims=True) + 1e-6
        at = (at + _STEP * heading).astype(np.float32)
        inside = (at >= 0).all(1) & (at[:, 0] < width) & (at[:, 1] < height)
        alive &= inside & (look(wanted, at) >= enough) & (number < steps)
        points.append(at.copy())
        ends += alive
    path = np.stack(points, axis=1)
    return [path[row, : ends[row]] for row in range(len(path))]


def lay(
    sheet: tuple[int, int], paths: list[np.ndarray], widths: np.ndarray, pressures: np.ndarray
) -> np.ndarray:
    """Strokes as a mask, float32 (H, W) 0..1: thin and pale at both ends.

    widths: pixels; pressures: 0..1; one a stroke.
    """
    mask = np.zeros(sheet, np.uint8)
    for path, width, pressure in zip(paths, widths, pressures, strict=True):
        fixed = np.rint(path * 2**_SHIFT).astype(np.int32)
        third = max(1, len(fixed) // 4)
        whole = max(1, round(float(width)))
        faint = pressure * (width / whole if width < whole else 1.0)
        for part, share, thick in (
            (fixed, 0.55, max(1, whole - 1)),
            (fixed[third:-third], 1.0, whole),
        ):
            if len(part) > 1:
                value = int(255 * min(1.0, faint * share))
                cv2.polylines(mask, [part], False, value, thick, cv2.LINE_AA, _SHIFT)
    return mask.astype(np.float32) / 255
