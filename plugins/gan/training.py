"""One training step of the two players, and the moving average of the generator."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from plugins.gan.networks import Discriminator, Generator, NetworkConfig


@dataclass(frozen=True)
class TrainingConfig:
    """How the players learn.

    learning_rate_g, learning_rate_d: Adam's, with betas (0.5, 0.999) as in Radford et al. 2016.
    r1: weight gamma of the R1 penalty, 0 for none.
    r1_every: the penalty is taken every so many steps, that much stronger ("lazy
        regularisation", Karras et al. 2020, arXiv:1912.04958, app. B).
    ema_half_life: pictures seen until half of the averaged generator is new.
    """

    batch_size: int = 64
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    r1: float = 1.0
    r1_every: int = 16
    ema_half_life: float = 5_000.0
    seed: int = 0


@dataclass(frozen=True)
class Means:
    """Means over the steps since the last reading: losses in nats, scores as probabilities."""

    loss_g: float
    loss_d: float
    score_real: float
    score_fake: float


class Trainer:
    """Trains a generator against a discriminator on a fixed set of pictures.

    The objective is the non-saturating one (Goodfellow et al. 2014, arXiv:1406.2661, sec. 3):
    D minimises softplus(-D(x)) + softplus(D(G(z))), G minimises softplus(-D(G(z))), where D is a
    logit; plus R1, gamma/2 |grad D(x)|^2 on real pictures (Mescheder et al. 2018,
    arXiv:1801.04406, eq. 9). Nothing is copied from the device until :meth:`means` is called.

    pictures: (N, channels, size, size) float32 in [-1, 1].
    labels: (N,) int64, for conditional networks.
    """

    def __init__(
        self,
        pictures: Tensor,
        networks: NetworkConfig,
        config: TrainingConfig,
        device: str = "cpu",
        labels: Tensor | None = None,
    ) -> None:
        self.config = config
        self.device = torch.device(device)
        # Weights are drawn with the CPU's global generator, which is left as it was. Those of
        # GPUs are not touched (torch.manual_seed would seed them too).
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            generator, discriminator = Generator(networks), Discriminator(networks)
        self._random = torch.Generator().manual_seed(config.seed)
        place = {"device": self.device, "memory_format": torch.channels_last}
        self.generator = generator.to(**place)
        self.discriminator = discriminator.to(**place)
        self.average = deepcopy(self.generator).eval().requires_grad_(False)
        self.pictures = pictures.to(**place)
        self.labels = (
            one_hot(labels, networks.classes).float().to(self.device)
            if networks.classes and labels is not None
            else None
        )
        self._optimiser_g = self._adam(self.generator, config.learning_rate_g)
        self._optimiser_d = self._adam(self.discriminator, config.learning_rate_d)
        self._order = self._batches()
        self._sums = torch.zeros(4, device=self.device)
        self._summed = 0
        self.step_number = 0

    def _adam(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), lr=rate, betas=(0.5, 0.999), fused=True)

    def _batches(self) -> Iterator[Tensor]:
        """Indices of the next real pictures: every picture once before any again."""
        size = self.config.batch_size
        order = torch.empty(0, dtype=torch.int64)
        while True:
            while len(order) < size:
                fresh = torch.randperm(len(self.pictures), generator=self._random)
                order = torch.cat([order, fresh])
            yield order[:size].to(self.device)
            order = order[size:]

    def _latents(self, count: int) -> Tensor:
        latent = self.generator.config.latent
        return torch.randn(count, latent, generator=self._random).to(self.device)

    def step(self) -> None:
        """One update of the discriminator, then one of the generator, on the same fakes."""
        config = self.config
        chosen = next(self._order)
        reals = self.pictures[chosen]
        labels = self.labels[chosen] if self.labels is not None else None
        with_penalty = config.r1 > 0 and self.step_number % config.r1_every == 0
        fakes = self.generator(self._latents(len(reals)), labels)

        self._optimiser_d.zero_grad(set_to_none=True)
        # One pass over both halves: exact, since the discriminator has no batch statistics.
        both = torch.cat([reals, fakes.detach()])
        twice = torch.cat([labels, labels]) if labels is not None else None
        real, fake = self.discriminator(both, twice).chunk(2)
        loss_d = softplus(-real).mean() + softplus(fake).mean()
        loss_d.backward()
        if with_penalty:
            (r1_penalty(self.discriminator, reals, labels) * config.r1 * config.r1_every).backward()
        self._optimiser_d.step()

        self._optimiser_g.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        loss_g = softplus(-self.discriminator(fakes, labels)).mean()
        loss_g.backward()
        self.discriminator.requires_grad_(True)
        self._optimiser_g.step()

        self._follow()
        with torch.no_grad():
            self._sums += torch.stack(
                [loss_g, loss_d, real.sigmoid().mean(), fake.sigmoid().mean()]
            )
        self._summed += 1
        self.step_number += 1

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged generator towards the trained one."""
        seen = self.step_number * self.config.batch_size
        # The warm-up keeps the untrained start out of the average (Karras et al. 2020).
        half_life = min(self.config.ema_half_life, 0.1 * seen)
        keep = 0.5 ** (self.config.batch_size / half_life) if half_life else 0.0
        averaged = [*self.average.parameters(), *self.average.buffers()]
        current = [*self.generator.parameters(), *self.generator.buffers()]
        pairs = [(a, c) for a, c in zip(averaged, current, strict=True) if a.is_floating_point()]
        torch._foreach_lerp_([a for a, _ in pairs], [c.detach() for _, c in pairs], 1 - keep)

    def means(self) -> Means:
        """Means over the steps since the last call; waits for the device."""
        values = (self._sums / max(self._summed, 1)).tolist()
        self._sums.zero_()
        self._summed = 0
        return Means(*values)

    def gradient_norms(self) -> tuple[float, float]:
        """L2 norms of the last step's gradients, of the generator and of the discriminator."""
        return tuple(
            nn.utils.get_total_norm(
                [p.grad for p in network.parameters() if p.grad is not None]
            ).item()
            for network in (self.generator, self.discriminator)
        )  # type: ignore[return-value]


def r1_penalty(discriminator: nn.Module, reals: Tensor, labels: Tensor | None = None) -> Tensor:
    """Half the mean squared gradient norm of the logits at real pictures (Mescheder et al. 2018,
    eq. 9, without gamma). Scalar, differentiable in the discriminator's weights."""
    reals = reals.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(reals, labels).sum(), reals, create_graph=True)
    return 0.5 * gradient.square().sum(dim=(1, 2, 3)).mean()
