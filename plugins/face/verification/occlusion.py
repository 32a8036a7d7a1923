"""Which part of a face decided (Zeiler and Fergus, ECCV 2014, section 4.2: occlusion)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from PIL import Image

from plugins.face.learning import Head

PATCH = 0.2  # of the crop's side
STRIDE = 0.07
COARSE = 4  # strides between the first, coarse positions
BATCH = 24
BLUE, RED = np.array([33.0, 102.0, 172.0]), np.array([214.0, 69.0, 28.0])
OPACITY = 0.65  # of the strongest colour


class Encodes(Protocol):
    """What is needed of an ``encoders.Encoder``."""

    def encode(self, crops: np.ndarray) -> np.ndarray: ...


class UnderHead:
    """An encoder with a trained head on its encodings."""

    def __init__(self, encoder: Encodes, head: Head) -> None:
        self._encoder, self._head = encoder, head

    def encode(self, crops: np.ndarray) -> np.ndarray:
        return self._head.encode(self._encoder.encode(crops))


def occlusion_steps(
    encoder: Encodes,
    crop: np.ndarray,
    other: np.ndarray,
    distance: float,
    patch: int | None = None,
    stride: int | None = None,
) -> Iterator[np.ndarray]:
    """How the distance to another face changes when parts of this one are hidden.

    crop: the aligned face, uint8 RGB (S, S, 3). other: the encoding (D,) of the other face.
    distance: between the two, with nothing hidden.
    patch: side of the square, of the crop's mean colour, that hides a part. stride: from one of
    its positions to the next. Both in pixels; left out, ``PATCH`` and ``STRIDE`` of the side.

    Yields ever finer maps, float32 (S, S): the mean change of the distance over the patches that
    covered a pixel. Positive: hiding it raises the distance, so it spoke for "same". NaN: not
    hidden yet; there is none in the last map.
    """
    side = len(crop)
    patch = patch or max(1, round(PATCH * side))
    stride = min(stride or max(1, round(STRIDE * side)), patch)  # no gaps
    last = max(side - patch, 0)
    places = [*range(0, last, stride), last]  # the rim is covered, too
    mean = np.rint(crop.mean((0, 1))).astype(np.uint8)
    total = np.zeros((side, side), np.float32)
    count = np.zeros((side, side), np.float32)
    order = _coarse_to_fine(len(places))
    for start in range(0, len(order), BATCH):
        corners = [(places[row], places[column]) for row, column in order[start : start + BATCH]]
        hidden = np.repeat(crop[None], len(corners), axis=0)
        for picture, (top, left) in zip(hidden, corners, strict=True):
            picture[top : top + patch, left : left + patch] = mean
        changes = np.linalg.norm(encoder.encode(hidden) - other, axis=1) - distance
        for change, (top, left) in zip(changes, corners, strict=True):
            part = np.s_[top : top + patch, left : left + patch]
            total[part] += change
            count[part] += 1
        yield np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _coarse_to_fine(count: int) -> list[tuple[int, int]]:
    """All places of a ``count`` x ``count`` grid, every ``COARSE``-th first, then between them."""
    seen: dict[tuple[int, int], None] = {}
    step = COARSE
    while step:
        for row in range(0, count, step):
            for column in range(0, count, step):
                seen.setdefault((row, column))
        step //= 2
    return list(seen)


def overlay(crop: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """The crop with a map of :func:`occlusion_steps` on it, uint8 RGB (S, S, 3).

    Red where the face spoke for "same", blue where against it, the stronger the more opaque;
    the strongest change of the map has ``OPACITY``. The crop is greyed so that only the map has
    colour.
    """
    known = np.nan_to_num(changes)
    strength = known / max(float(np.abs(known).max()), 1e-6)
    grey = np.asarray(Image.fromarray(crop).convert("L"), np.float32)[..., None]
    colour = np.where(strength[..., None] > 0, RED, BLUE)
    opacity = OPACITY * np.abs(strength)[..., None]
    return np.rint(grey * (1 - opacity) + colour * opacity).astype(np.uint8)
