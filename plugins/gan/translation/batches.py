"""What the networks learn from: batches of a condition and its true answer, both in [-1, 1]."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from plugins.gan.translation import colour
from plugins.gan.translation.lab import chroma, to_lab
from plugins.gan.translation.line_styles import styled_lines

SIZE = 128
GREY = 5.0
"""Mean chroma below which a picture has nothing to teach about colours."""
PORTRAIT_SHARE = 0.4
"""Of the pictures that the colour networks see."""

Batch = Callable[[], tuple[Tensor, Tensor]]


def edges_batch(pictures: np.ndarray, size: int, rng: np.random.Generator) -> Batch:
    """Lines (size, 1, H, W) and portraits (size, 3, H, W); ``pictures``: uint8 (N, H, W, 3)."""

    def batch() -> tuple[Tensor, Tensor]:
        chosen = pictures[rng.integers(0, len(pictures), size)]
        mirrored = rng.random(size) < 0.5
        chosen[mirrored] = chosen[mirrored, :, ::-1]
        lines = np.stack([styled_lines(each, rng) for each in chosen])
        truth = torch.from_numpy(chosen).permute(0, 3, 1, 2).float() / 127.5 - 1
        return torch.from_numpy(lines)[:, None] * 2 - 1, truth

    return batch


def colour_batch(
    faces: np.ndarray, scenes: list[np.ndarray], size: int, rng: np.random.Generator
) -> Batch:
    """L* (size, 1, SIZE, SIZE) and a*, b* (size, 2, SIZE, SIZE), of ``faces``, uint8
    (N, SIZE, SIZE, 3), and of parts of ``scenes``, uint8 (H, W, 3) each."""
    faces = faces[[chroma(each) >= GREY for each in faces]]
    scenes = [shrunk(each, 240) for each in scenes if chroma(each) >= GREY]

    def one() -> np.ndarray:
        if rng.random() < PORTRAIT_SHARE:
            picture = rescaled(faces[rng.integers(len(faces))], rng.uniform(0.5, 1.6))
        else:
            picture = scenes[rng.integers(len(scenes))]
            side = int(rng.integers(SIZE, 240))
            top, left = (int(rng.integers(0, edge - side + 1)) for edge in picture.shape[:2])
            cut = Image.fromarray(picture[top : top + side, left : left + side])
            picture = np.asarray(cut.resize((SIZE, SIZE), Image.Resampling.LANCZOS))
        return picture[:, ::-1] if rng.random() < 0.5 else picture

    def batch() -> tuple[Tensor, Tensor]:
        lab = to_lab(np.stack([one() for _ in range(size)]))
        truth = torch.from_numpy(lab[..., 1:]).permute(0, 3, 1, 2) / colour.AB_SCALE
        return colour.condition_of(lab[..., 0]), truth

    return batch


def rescaled(picture: np.ndarray, factor: float) -> np.ndarray:
    """Of the same size: the middle enlarged or, with a mirrored margin, all of it made smaller;
    visitors' faces are of any size."""
    size = len(picture)
    side = round(size / factor)
    if side > size:
        margin = (side - size) // 2
        widths = ((margin, side - size - margin),) * 2
        cut = np.pad(picture, (*widths, (0, 0)), mode="symmetric")
    else:
        start = (size - side) // 2
        cut = picture[start : start + side, start : start + side]
    return np.asarray(Image.fromarray(cut).resize((size, size), Image.Resampling.LANCZOS))


def shrunk(picture: np.ndarray, short: int) -> np.ndarray:
    """With its shorter side ``short`` pixels."""
    height, width = picture.shape[:2]
    scale = short / min(height, width)
    size = (max(short, round(width * scale)), max(short, round(height * scale)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
