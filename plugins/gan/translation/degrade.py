"""Shrinking by 4 and the plain way back: both antialiased bicubic (Keys 1981, a = -0.5)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from plugins.gan.translation.enlarge_limits import FACTOR


def shrink(pictures: Tensor) -> Tensor:
    """(N, C, H, W) in [0, 1], H and W multiples of 4 -> (N, C, H / 4, W / 4), in whole 255ths as a
    small picture's file would hold it."""
    height, width = (length // FACTOR for length in pictures.shape[-2:])
    small = interpolate(pictures, (height, width), mode="bicubic", antialias=True)
    return (small.clamp(0, 1) * 255).round() / 255


def bicubic(pictures: Tensor) -> Tensor:
    """(N, C, h, w) -> (N, C, 4 h, 4 w); may overshoot the range a little."""
    height, width = (length * FACTOR for length in pictures.shape[-2:])
    # antialias changes nothing when enlarging but the kernel: a = -0.5 as elsewhere, not -0.75
    return interpolate(pictures, (height, width), mode="bicubic", antialias=True)


def crop(picture: np.ndarray) -> np.ndarray:
    """The middle of ``picture`` (H, W, 3) whose sides are multiples of 4."""
    height, width = (length // FACTOR * FACTOR for length in picture.shape[:2])
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def to_tensor(picture: np.ndarray) -> Tensor:
    """RGB uint8 (H, W, 3) -> (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def to_picture(tensor: Tensor) -> np.ndarray:
    """(1, 3, H, W) in about [0, 1] -> RGB uint8 (H, W, 3)."""
    levels = (tensor[0].float().clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).contiguous().cpu().numpy()
