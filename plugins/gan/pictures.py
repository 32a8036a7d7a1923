"""From and to pictures: the bundled training digits, and tensors as RGB arrays."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from plugins.gan.torchvision_compat import torchvision  # noqa: F401  (must come first)

from torchvision.transforms.v2 import InterpolationMode  # isort: skip
from torchvision.transforms.v2.functional import resize  # isort: skip
from torchvision.utils import make_grid  # isort: skip


@cache
def bundled_digits(size: int) -> tuple[Tensor, Tensor]:
    """The 1,797 8x8 handwritten digits that come with scikit-learn, enlarged and with a margin
    of 1/16: (1797, 1, size, size) in [-1, 1], and their classes (1797,).

    They are the test set of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits",
    UCI Machine Learning Repository, 1998 (doi:10.24432/C50P49), licensed CC BY 4.0.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = torch.from_numpy(digits.images).float()[:, None] / 16.0
    margin = size // 16  # the digits touch the edges of their 8x8 boxes
    large = pad(enlarge(small, size - 2 * margin).clamp(0, 1), (margin,) * 4)
    return large * 2 - 1, torch.from_numpy(digits.target).long()


def enlarge(pictures: Tensor, size: int) -> Tensor:
    """(N, C, h, w) -> (N, C, size, size), antialiased bicubic; may overshoot the range."""
    return resize(pictures, [size, size], InterpolationMode.BICUBIC, antialias=True)


def square(image: np.ndarray, size: int, channels: int) -> np.ndarray:
    """RGB uint8 (H, W, 3) -> its central square as uint8 (channels, size, size)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    picture = Image.fromarray(image[top : top + side, left : left + side])
    if channels == 1:
        picture = picture.convert("L")
    # reducing_gap: first an integer box reduction where that cannot be seen; several times faster
    picture = picture.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(picture).reshape(size, size, channels).transpose(2, 0, 1)


def from_rgb(picture: np.ndarray, size: int, channels: int) -> Tensor:
    """The central square of RGB uint8 (H, W, 3) as (1, channels, size, size) in [-1, 1]."""
    return torch.from_numpy(square(picture, size, channels))[None].float() / 127.5 - 1


def to_rgb(pictures: Tensor, scale: int = 1) -> np.ndarray:
    """(N, 1 or 3, H, W) in [-1, 1] -> RGB uint8 (N, H * scale, W * scale, 3)."""
    pictures = pictures.float().cpu()
    if scale > 1:
        pictures = enlarge(pictures, pictures.shape[-1] * scale)
    levels = ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).expand(-1, -1, -1, 3).contiguous().numpy()


def to_grid(pictures: Tensor, columns: int, scale: int = 1) -> np.ndarray:
    """(N, C, H, W) in [-1, 1] -> one RGB uint8 picture (H', W', 3), ``columns`` to a row."""
    small = torch.from_numpy(to_rgb(pictures, scale)).permute(0, 3, 1, 2)
    return make_grid(small, nrow=columns, padding=2 * scale).permute(1, 2, 0).contiguous().numpy()
