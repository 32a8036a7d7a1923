"""The two networks of pix2pix (Isola et al., "Image-to-Image Translation with Conditional
Adversarial Networks", 2017), small enough for one core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from plugins.gan.weights import load_weights, save_weights

KIND = "triptych-unet-1"


@dataclass(frozen=True)
class UNetConfig:
    """``inputs`` and ``outputs``: channels. ``widths``: channels after each halving."""

    inputs: int
    outputs: int
    widths: tuple[int, ...] = (32, 64, 128, 160, 160)

    @property
    def multiple(self) -> int:
        """The sides of a picture must be multiples of this."""
        return int(2 ** len(self.widths))


class UNet(nn.Module):
    """The generator: halves the picture ``len(widths)`` times and doubles it again, with each
    size's features handed across, so that lines stay where they are.

    Unlike in the paper there is no dropout: it was the only source of chance, and its answers
    hardly varied; without it the same input has the same answer.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        sizes = tuple(config.widths)
        self.down = nn.ModuleList(
            _down(before, after, first=index == 0)
            for index, (before, after) in enumerate(
                zip((config.inputs, *sizes[:-1]), sizes, strict=True)
            )
        )
        # from the second step up, the features of the same size come along
        self.up = nn.ModuleList(
            _up(sizes[level] * (1 if level == len(sizes) - 1 else 2), sizes[level - 1])
            for level in range(len(sizes) - 1, 0, -1)
        )
        self.head = nn.Sequential(
            nn.ReLU(), nn.ConvTranspose2d(2 * sizes[0], config.outputs, 4, 2, 1), nn.Tanh()
        )

    def forward(self, condition: Tensor) -> Tensor:
        """(N, inputs, H, W) in [-1, 1] -> (N, outputs, H, W) in [-1, 1]; H and W multiples of
        ``config.multiple``."""
        features = [condition]
        for down in self.down:
            features.append(down(features[-1]))
        x = features.pop()
        for up in self.up:
            x = torch.cat([up(x), features.pop()], dim=1)
        result: Tensor = self.head(x)
        return result


class PatchDiscriminator(nn.Module):
    """Judges pairs: a logit for each patch of 70x70 pixels, of whether this picture is the true
    one for this condition.

    Spectral norm (Miyato et al. 2018) in place of the paper's batch norm, which would let the
    judgement of a picture depend on the others of its batch.
    """

    def __init__(self, channels: int, width: int = 32) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 4 * width)
        layers: list[nn.Module] = []
        before = channels
        for index, after in enumerate(widths):
            stride = 1 if index == len(widths) - 1 else 2
            layers += [spectral_norm(nn.Conv2d(before, after, 4, stride, 1)), nn.LeakyReLU(0.2)]
            before = after
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(before, 1, 4, 1, 1)))

    def forward(self, condition: Tensor, picture: Tensor) -> Tensor:
        """(N, c, H, W), (N, C, H, W) -> logits (N, 1, h, w); H and W at least 32."""
        logits: Tensor = self.layers(torch.cat([condition, picture], dim=1))
        return logits


def save_unet(network: UNet, path: Path, **notes: str) -> None:
    """Write the weights, in 8 bits, and the configuration to ``path``."""
    save_weights(network, network.config, path, KIND, notes, bits=8)


def load_unet(path: Path, device: str = "cpu") -> UNet:
    """The network in ``path``, in evaluation mode.

    Raises CheckpointError, OSError as :func:`load_weights`.
    """
    network: UNet = load_weights(UNet, UNetConfig, path, KIND, device)
    return network


def _down(before: int, after: int, first: bool) -> nn.Sequential:
    if first:
        return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1))
    convolution = nn.Conv2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(nn.LeakyReLU(0.2), convolution, nn.BatchNorm2d(after))


def _up(before: int, after: int) -> nn.Sequential:
    convolution = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(after))
