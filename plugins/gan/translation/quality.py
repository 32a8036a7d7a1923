"""How near an enlarged picture comes to the truth: by pixels, by structure, by features."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, normalize, relu

from plugins.gan.torchvision_compat import torchvision  # noqa: F401  (must come first)
from plugins.gan.translation.degrade import to_tensor
from plugins.gan.translation.results import Figures
from plugins.gan.weights import load_weights, save_weights

from torchmetrics.functional.image import (  # isort: skip
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

KIND = "triptych-perceptual-1"
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True)
class EyeConfig:
    widths: tuple[int, ...] = (32, 64, 64, 128, 128)
    classes: int = 10


class Eye(nn.Module):
    """A small convolutional classifier of (N, 3, H, W) in [0, 1]; its layers are the features."""

    def __init__(self, config: EyeConfig = EyeConfig()) -> None:
        super().__init__()
        self.config = config
        widths = (3, *config.widths)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, bias=False) for before, after in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in config.widths)
        self.head = nn.Linear(widths[-1], config.classes)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """After the 1st, 3rd, 4th and 5th convolution: 1, 1/2, 1/4 and 1/8 of the resolution."""
        x, found = pictures * 2 - 1, []
        for place, (convolution, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            if place in (1, 3, 4):
                x = max_pool2d(x, 2)
            x = relu(norm(convolution(x)))
            if place != 1:
                found.append(x)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures)[-1].float().mean((2, 3)))


def perceptual_distance(eye: Eye, pictures: Tensor, targets: Tensor) -> Tensor:
    """(N,): the mean over the layers of the squared distance of unit-length features.

    As LPIPS (Zhang et al. 2018, eq. 1) with all channels weighing the same, in the features of
    ``eye``; pictures (N, 3, H, W) in [0, 1] with sides of at least 8.
    """
    total = torch.zeros(len(pictures), device=pictures.device)
    for ours, theirs in zip(eye.features(pictures), eye.features(targets), strict=True):
        difference = normalize(ours.float(), dim=1) - normalize(theirs.float(), dim=1)
        total = total + difference.square().sum(1).mean((1, 2))
    return total / 4


def save_eye(eye: Eye, path: Path, **notes: str) -> None:
    save_weights(eye, eye.config, path, KIND, notes)


def load_eye(path: Path, device: str = "cpu") -> Eye:
    """Raises CheckpointError, OSError as :func:`load_weights`."""
    eye: Eye = load_weights(Eye, EyeConfig, path, KIND, device)
    return eye


@torch.inference_mode()
def compare(eye: Eye, answer: np.ndarray, target: np.ndarray) -> Figures:
    """Figures of ``answer`` against ``target``, RGB uint8 (H, W, 3), sides of at least 16.

    PSNR over the three channels together; SSIM (Wang et al. 2004, 11x11 Gaussian window of
    sigma 1.5) is the mean of the channels'.
    """
    device = next(eye.parameters()).device
    ours, theirs = (to_tensor(each).to(device) for each in (answer, target))
    # identical pictures have no error at all; 8-bit files cannot tell more than 100 dB anyway
    psnr = min(100.0, float(peak_signal_noise_ratio(ours, theirs, data_range=1.0)))
    ssim = structural_similarity_index_measure(ours, theirs, data_range=1.0)
    assert isinstance(ssim, Tensor)
    return Figures(psnr, float(ssim), float(perceptual_distance(eye, ours, theirs)[0]))


def luma_psnr(answer: np.ndarray, target: np.ndarray) -> float:
    """PSNR in decibels of the brightness (BT.601, full range), as papers often report it."""
    ours, theirs = (each.astype(np.float64) @ np.array(LUMA) for each in (answer, target))
    error = float(np.mean((ours - theirs) ** 2))
    return 100.0 if error == 0 else min(100.0, float(10 * np.log10(255**2 / error)))
