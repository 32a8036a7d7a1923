"""From what a visitor drew over the photo to one mask for each painting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

BRUSHES = {"#ef4444": "the second painting", "#3b82f6": "the third painting"}
"""Colour of a brush -> where what it draws shall show."""
FINEST = 1024
"""Pixels of a mask's long side; finer ones would only take room."""
_OPAQUE = 96  # of 255; the rim of a stroke is thinner
_ASKEW = 0.05  # by how much the proportions may differ: small pictures round their sides


def drawn_masks(drawing: Mapping[str, Any] | None, paintings: int) -> list[np.ndarray | None]:
    """Bool (H, W) or None for each painting: the first has none, it fills what is left.

    drawing: the value of a ``gr.ImageEditor`` of numpy arrays, whose layers are RGBA (H, W, 4).
    What is drawn for a painting that is not there is left out.
    """
    masks: list[np.ndarray | None] = [None] * paintings
    layers = [each for each in (drawing or {}).get("layers") or [] if _is_layer(each)]
    if not layers:
        return masks
    height, width = layers[0].shape[:2]
    scale = min(1.0, FINEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    colours = [np.array(_rgb(colour), np.int32) for colour in BRUSHES]
    for layer in layers:
        small = np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.NEAREST))
        rgb = small[..., :3].astype(np.int32)
        nearest = np.stack([((rgb - each) ** 2).sum(-1) for each in colours]).argmin(0)
        for place in range(1, min(paintings, 1 + len(colours))):
            there = (small[..., 3] >= _OPAQUE) & (nearest == place - 1)
            before = masks[place]
            if there.any():
                masks[place] = there if before is None else before | there
    return masks


def fit_over(masks: Sequence[np.ndarray | None], photo: np.ndarray) -> bool:
    """Whether the masks have the proportions of ``photo`` (H, W, 3)."""
    wanted = photo.shape[1] / photo.shape[0]
    shapes = [mask.shape for mask in masks if mask is not None]
    return all(abs(width / height / wanted - 1) < _ASKEW for height, width in shapes)


def _is_layer(layer: Any) -> bool:
    return isinstance(layer, np.ndarray) and layer.ndim == 3 and layer.shape[2] == 4


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
