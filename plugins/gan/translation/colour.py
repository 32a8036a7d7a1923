"""A network's colours, put on a picture's lightness."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from plugins.gan.translation.lab import to_lab, to_rgb
from plugins.gan.translation.unet import UNet

AB_SCALE = 110.0
"""What the network's 1 stands for."""
LOOK, LONGEST = 128, 512
"""The sides of the picture that the network sees: the shorter about LOOK, as in training, unless
the longer were over LONGEST."""


def condition_of(lightness: np.ndarray) -> Tensor:
    """L* (..., H, W) -> float32 (N, 1, H, W) in [-1, 1], as the network takes it."""
    tensor = torch.from_numpy(np.array(lightness, np.float32)) / 50 - 1
    return tensor.reshape(-1, 1, *lightness.shape[-2:])


@torch.inference_mode()
def coloured(network: UNet, picture: np.ndarray) -> np.ndarray:
    """RGB uint8 (H, W, 3) with the network's colours and, at full resolution, its own L*.

    Eyes see colour less sharply than lightness, so the colours are found in a small copy and
    enlarged.
    """
    lab = to_lab(picture)
    height, width = lab.shape[:2]
    scale = min(LOOK / min(height, width), LONGEST / max(height, width))
    sides = [_rounded(side * scale, network.config.multiple) for side in (width, height)]
    small = Image.fromarray(lab[..., 0]).resize(sides, Image.Resampling.BILINEAR, reducing_gap=3.0)
    device = next(network.parameters()).device
    found = network(condition_of(np.asarray(small)).to(device))[0].float().cpu().numpy() * AB_SCALE
    for channel, values in enumerate(found, start=1):
        large = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)
        lab[..., channel] = np.asarray(large)
    return to_rgb(lab)


def _rounded(side: float, multiple: int) -> int:
    return max(multiple, round(side / multiple) * multiple)
