"""The two players: a DCGAN generator and discriminator, unconditional or conditional on a class.

The layout is Radford, Metz & Chintala 2016 (arXiv:1511.06434): strided 4x4 convolutions, no
pooling, batch norm and ReLU in the generator, LeakyReLU(0.2) in the discriminator, tanh at the
end, weights from N(0, 0.02). Three things differ, each for a reason:

* the discriminator has no batch norm: R1 needs the gradient of each score with respect to its
  own image, which statistics over the batch would mix;
* each network's first or last 4x4 (transposed) convolution, which sees the whole map at once, is
  the same product written as a matrix, which is faster;
* a class, if any, enters the generator as an embedding beside the latent (Mirza & Osindero 2014,
  arXiv:1411.1784) and the discriminator as a projection (Miyato & Koyama 2018,
  arXiv:1802.05637).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from plugins.gan.training.config import NetworkConfig

__all__ = ["Discriminator", "Generator", "NetworkConfig"]

EMBEDDING = 32
"""Length of the generator's class embedding."""


class Generator(nn.Module):
    """Latents (N, latent) -> pictures (N, channels, size, size) in [-1, 1]."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths[::-1]
        self.embed = nn.Linear(config.classes, EMBEDDING, bias=False) if config.classes else None
        inputs = config.latent + (EMBEDDING if config.classes else 0)
        self.project = nn.Linear(inputs, widths[0] * 16, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
        for wide, narrow in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False),
                nn.BatchNorm2d(narrow),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1), nn.Tanh()]
        self.body = nn.Sequential(*layers)
        _initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """labels: (N, classes) weights, one-hot or a blend of classes; only for a conditional
        generator."""
        if self.embed is not None:
            if labels is None:
                raise ValueError("a conditional generator needs labels")
            latents = torch.cat([latents, self.embed(labels)], dim=1)
        maps = self.project(latents).view(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        return self.body(maps)  # (N, C, H, W), channels last in memory


class Discriminator(nn.Module):
    """Pictures (N, channels, size, size) in [-1, 1] -> logits (N,) of being real."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        layers: list[nn.Module] = []
        for before, after in pairwise([config.channels, *widths]):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        self.body = nn.Sequential(*layers)
        features = widths[-1] * 16
        self.score = nn.Linear(features, 1)
        self.embed = nn.Linear(config.classes, features, bias=False) if config.classes else None
        _initialise(self)
        if config.spectral_norm:
            for module in [m for m in self.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]:
                parametrizations.spectral_norm(module)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """labels: (N, classes) one-hot, only for a conditional discriminator."""
        features = self.body(pictures).permute(0, 2, 3, 1).reshape(len(pictures), -1)
        logits = self.score(features).squeeze(1)
        if self.embed is not None:
            if labels is None:
                raise ValueError("a conditional discriminator needs labels")
            logits = logits + (features * self.embed(labels)).sum(1)
        return logits


def _initialise(network: nn.Module) -> None:
    """Weights from N(0, 0.02), batch-norm scales from N(1, 0.02) (Radford et al. 2016, sec. 4)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
