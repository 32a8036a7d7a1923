"""The discriminator of super-resolution: is this place of a large picture real, given the small?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pixel_unshuffle
from torch.nn.utils.parametrizations import spectral_norm

_SLOPE = 0.2


class PatchDiscriminator(nn.Module):
    """Large pictures and the bicubic enlargements they belong to, (N, 3, H, W) in [0, 1] -> logits
    (N, H / 4, W / 4), each for a patch of 28 pixels.

    Conditional and by patches as in Isola et al. 2017 (pix2pix), with spectral norm (Miyato et al.
    2018). The first layer sees blocks of 2x2 pixels as channels: no pixel is skipped, at a quarter
    of the work.
    """

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        sizes = (
            nn.Conv2d(24, width, 3, padding=1),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )
        self.layers = nn.ModuleList(spectral_norm(layer) for layer in sizes)

    def forward(self, pictures: Tensor, enlarged: Tensor) -> Tensor:
        # what the enlargement lacks is easier to judge than the picture itself
        x = pixel_unshuffle(torch.cat([4 * (pictures - enlarged), 2 * enlarged - 1], 1), 2)
        for layer in self.layers[:-1]:
            x = leaky_relu(layer(x), _SLOPE)
        return self.layers[-1](x).float().squeeze(1)
