"""The game: both players, their optimisers and the dice, and one update of either player."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from plugins.gan.playground.distributions import sample
from plugins.gan.playground.networks import Discriminator, Generator
from plugins.gan.playground.settings import PlaySettings
from plugins.gan.training.objectives import OBJECTIVES

R1 = 0.1
"""Weight gamma of gamma/2 |grad D(x)|^2 on real points (Mescheder et al. 2018, eq. 9)."""

GRADIENT_PENALTY = 1.0
"""Weight lambda of (|grad D| - 1)^2 between real and fake points (Gulrajani et al. 2017, eq. 3)."""

BETAS = (0.0, 0.99)
"""Adam's. A first of 0, without momentum, circles less around the goal than 0.5 does; the second is
below the usual 0.999, as a game lasts a few thousand steps only."""


class Game:
    """One game between a generator and a discriminator.

    settings: as :meth:`PlaySettings.checked` returns them.
    Weights and dice follow from the seed alone, so that the same settings play the same game.
    """

    def __init__(self, settings: PlaySettings, device: str = "cpu") -> None:
        self.settings = settings
        self.device = torch.device(device)
        self.objective = OBJECTIVES[settings.objective]
        self.generator = Generator(settings, _dice(settings, 0)).to(self.device)
        self.discriminator = Discriminator(settings, _dice(settings, 1)).to(self.device)
        self.discriminator.spectral = self.objective.regulariser == "spectral norm"
        self.discriminator.iterate(20)
        self.random = _dice(settings, 2)
        self.optimiser_g = _optimiser(self.generator, settings.optimiser, settings.rate_g)
        self.optimiser_d = _optimiser(self.discriminator, settings.optimiser, settings.rate_d)
        self.step = 0  # turns played
        self.updates_d = 0  # of the discriminator since the start

    def turn(self) -> None:
        """The discriminator's updates, then the generator's."""
        for _ in range(self.settings.updates_d):
            self.update_d(*self.batch())
        for _ in range(self.settings.updates_g):
            self.update_g(self.noise())
        self.step += 1

    def batch(self) -> tuple[Tensor, Tensor]:
        """Real points (batch, 2) and noise (batch, noise_size)."""
        s = self.settings
        reals = torch.from_numpy(sample(s.distribution, s.batch, self.random, s.points))
        return reals.to(self.device), self.noise()

    def noise(self) -> Tensor:
        s = self.settings
        return noise(s, s.batch, self.random).to(self.device)

    def update_d(self, reals: Tensor, latents: Tensor) -> None:
        """One step of the discriminator: reals (N, 2), latents (N, noise_size)."""
        with torch.no_grad():
            fakes = self.generator(latents)
        if self.discriminator.spectral:
            self.discriminator.iterate()
        self.optimiser_d.zero_grad()
        real, fake = self.discriminator(torch.cat([reals, fakes])).chunk(2)
        loss = self.objective.loss_d(real, fake)
        if self.objective.regulariser == "r1":
            loss = loss + R1 / 2 * self._slope(reals).square().sum(1).mean()
        elif self.objective.regulariser == "gradient penalty":
            share = torch.from_numpy(self.random.random((len(reals), 1), np.float32))
            between = torch.lerp(reals, fakes, share.to(self.device))
            # the root of 0 has no gradient
            length = (self._slope(between).square().sum(1) + 1e-12).sqrt()
            loss = loss + GRADIENT_PENALTY * (length - 1).square().mean()
        loss.backward()
        self.optimiser_d.step()
        self.updates_d += 1

    def update_g(self, latents: Tensor) -> None:
        """One step of the generator: latents (N, noise_size)."""
        self.optimiser_g.zero_grad()
        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        self.objective.loss_g(self.discriminator(self.generator(latents))).backward()
        self.discriminator.requires_grad_(True)
        self.optimiser_g.step()

    def _slope(self, points: Tensor) -> Tensor:
        """The gradient of D at each point, (N, 2), itself differentiable."""
        points = points.detach().requires_grad_(True)
        total = self.discriminator(points).sum()
        return torch.autograd.grad(total, points, create_graph=True)[0]


def noise(settings: PlaySettings, count: int, random: np.random.Generator) -> Tensor:
    """Latents (count, noise_size): standard normal, or uniform on [-1, 1]."""
    shape = (count, settings.noise_size)
    if settings.noise == "uniform":
        return torch.from_numpy(2 * random.random(shape, np.float32) - 1)
    return torch.from_numpy(random.standard_normal(shape, np.float32))


def _dice(settings: PlaySettings, use: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([settings.seed, use]))


def _optimiser(network: nn.Module, name: str, rate: float) -> torch.optim.Optimizer:
    if name == "sgd":
        return torch.optim.SGD(network.parameters(), lr=rate, fused=True)
    return torch.optim.Adam(network.parameters(), lr=rate, betas=BETAS, fused=True)
