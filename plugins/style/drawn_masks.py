"""From what a visitor drew over the photo to one mask for each painting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

BRUSHES = {"#ef4444": "the second painting", "#3b82f6": "the third painting"}
"""Colour of a brush -> where what it draws shall show."""
_OPAQUE = 96  # of 255; the rim of a stroke is thinner


def drawn_masks(drawing: Mapping[str, Any] | None, paintings: int) -> list[np.ndarray | None]:
    """Bool (H, W) or None for each painting: the first has none, it fills what is left.

    drawing: the value of a ``gr.ImageEditor`` of numpy arrays, whose layers are RGBA (H, W, 4).
    What is drawn for a painting that is not there is left out.
    """
    masks: list[np.ndarray | None] = [None] * paintings
    colours = np.array([_rgb(colour) for colour in BRUSHES], np.float32)
    for layer in (drawing or {}).get("layers") or []:
        if layer.ndim != 3 or layer.shape[2] != 4:
            continue
        nearest = ((layer[..., None, :3].astype(np.float32) - colours) ** 2).sum(-1).argmin(-1)
        for number in range(len(BRUSHES)):
            there = (layer[..., 3] >= _OPAQUE) & (nearest == number)
            if number + 1 < paintings and there.any():
                before = masks[number + 1]
                masks[number + 1] = there if before is None else before | there
    return masks


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
