"""A step of training as the reference DCGAN has it, and its networks.

The recipe is the example "dcgan" of pytorch/examples, after Radford, Metz & Chintala 2016
(arXiv:1511.06434), written anew: pictures from a shuffling DataLoader, float32, memory in the
default layout, the discriminator's two halves in passes of their own, binary cross-entropy, Adam
at 2e-4 with betas 0.5 and 0.999, and the losses read after every step. Its example loads pictures
with two helpers of the loader; these are in memory, where a helper would only cost time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


def reference_generator(latent: int, width: int, channels: int) -> nn.Module:
    """Latents (N, latent) -> pictures (N, channels, 64, 64) in [-1, 1]."""
    widths = [8 * width, 4 * width, 2 * width, width]
    layers: list[nn.Module] = [
        nn.Unflatten(1, (latent, 1, 1)),
        nn.ConvTranspose2d(latent, widths[0], 4, 1, 0, bias=False),
    ]
    for wide, narrow in pairwise([*widths, channels]):
        layers += [nn.BatchNorm2d(wide), nn.ReLU(True)]
        layers.append(nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False))
    return initialised(nn.Sequential(*layers, nn.Tanh()))


def reference_discriminator(width: int, channels: int) -> nn.Module:
    """Pictures (N, channels, 64, 64) -> logits (N,); its sigmoid is in the loss."""
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
    ]
    for narrow, wide in pairwise([width, 2 * width, 4 * width, 8 * width]):
        layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide)]
        layers.append(nn.LeakyReLU(0.2, inplace=True))
    layers += [nn.Conv2d(8 * width, 1, 4, 1, 0, bias=False), nn.Flatten(0)]
    return initialised(nn.Sequential(*layers))


@torch.no_grad()
def initialised(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.weight.normal_(0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.normal_(1.0, 0.02)
    return network


class ReferenceRecipe:
    """Trains two networks by the recipe. pictures: (N, C, H, W) in [-1, 1]."""

    def __init__(
        self,
        pictures: Tensor,
        generator: nn.Module,
        discriminator: nn.Module,
        latent: int,
        batch: int,
    ) -> None:
        self._generator, self._discriminator, self._latent = generator, discriminator, latent
        self._adam_g, self._adam_d = (
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (generator, discriminator)
        )
        loader = DataLoader(TensorDataset(pictures), batch, shuffle=True, drop_last=True)
        self._batches = _endless(loader)

    def step(self) -> tuple[float, float]:
        """The losses of the generator and the discriminator."""
        reals = next(self._batches)
        self._discriminator.zero_grad()
        loss_real = self._loss(reals, 1.0)
        loss_real.backward()
        fakes = self._generator(torch.randn(len(reals), self._latent))
        loss_fake = self._loss(fakes.detach(), 0.0)
        loss_fake.backward()
        self._adam_d.step()
        self._generator.zero_grad()
        loss_g = self._loss(fakes, 1.0)
        loss_g.backward()
        self._adam_g.step()
        return loss_g.item(), (loss_real + loss_fake).item()

    def _loss(self, pictures: Tensor, target: float) -> Tensor:
        logits = self._discriminator(pictures)
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def _endless(loader: DataLoader) -> Iterator[Tensor]:
    while True:
        for (batch,) in loader:
            yield batch
