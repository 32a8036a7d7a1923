"""One training step of the two players, and the moving average of the generator."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from plugins.gan.networks import Discriminator, Generator, NetworkConfig
from plugins.gan.training.config import FEW_PICTURES, TrainingConfig
from plugins.gan.training.critic import Critic
from plugins.gan.training.diffaugment import diffaugment
from plugins.gan.training.objectives import OBJECTIVES, fooled, scores
from plugins.gan.training.penalties import gradient_penalty, r1_penalty
from plugins.gan.training.precision import faster
from plugins.gan.training.reals import RealPictures
from plugins.gan.training.variation import Variation


@dataclass(frozen=True)
class Means:
    """Means over the steps since the last reading; losses in nats where D gives a logit.

    loss_d is without its penalty. score_real, score_fake: how real D held them, in [0, 1], see
    :func:`.objectives.scores`. fooled: how often a generated picture scores above a real one,
    see :func:`.objectives.fooled`. A step that was not finite makes them NaN.
    """

    loss_g: float
    loss_d: float
    score_real: float
    score_fake: float
    fooled: float = 0.5


@dataclass(frozen=True, eq=False)
class _HalfStep:
    """What the discriminator leaves to the generator: the fakes that it saw, still attached to the
    generator, their labels, and its loss and logits to be noted."""

    fakes: Tensor
    labels: Tensor | None
    loss_d: Tensor
    real: Tensor
    fake: Tensor


class Trainer:
    """Trains a generator against a discriminator on a fixed set of pictures.

    The losses are those of ``config.objective`` (:mod:`.objectives`). Nothing is copied from the
    device until :meth:`means` is called. An update whose gradients are not finite is left out, so
    that the networks and the average stay usable; :attr:`skipped` says how many.

    pictures: (N, channels, size, size) float32 in [-1, 1].
    labels: (N,) int64, for conditional networks.

    KeyError for an objective that does not exist.
    """

    def __init__(
        self,
        pictures: Tensor,
        networks: NetworkConfig,
        config: TrainingConfig,
        device: str = "cpu",
        labels: Tensor | None = None,
    ) -> None:
        self.objective = OBJECTIVES[config.objective]
        if self.objective.regulariser == "spectral norm":
            networks = replace(networks, spectral_norm=True)
        self.networks, self.config = networks, config
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
        self.reals = RealPictures(
            pictures, labels, networks.classes, config.batch_size, self.device
        )
        few = len(pictures) < FEW_PICTURES
        self.augments = few if config.augment is None else config.augment
        self._optimiser_g = self._adam(self.generator, config.learning_rate_g)
        self._optimiser_d = self._adam(self.discriminator, config.learning_rate_d)
        self._averaged = self._pairs()
        self._variation = Variation(self.reals, networks, config.seed, self.device)
        self._sums = torch.zeros(5, device=self.device)
        self._summed = 0
        self._norms = torch.zeros(2, device=self.device)
        self._skips = torch.zeros((), device=self.device)
        self.skipped = 0
        """Updates left out because they were not finite, up to the last :meth:`means`."""
        self.step_number = 0
        self._half: _HalfStep | None = None
        self.precision = config.precision
        """"float32" or "bfloat16": what the convolutions run in."""
        if config.precision == "auto":
            self.precision = faster(
                lambda precision: Trainer(
                    pictures[: config.batch_size],
                    networks,
                    replace(config, precision=precision),
                    device,
                    labels[: config.batch_size] if labels is not None else None,
                )
            )

    def _adam(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        return torch.optim.Adam(
            network.parameters(), lr=rate, betas=self.objective.betas, fused=True
        )

    def _pairs(self) -> tuple[list[Tensor], list[Tensor]]:
        """The tensors of the averaged generator, and those that they follow."""
        averaged = [*self.average.parameters(), *self.average.buffers()]
        current = [*self.generator.parameters(), *self.generator.buffers()]
        pairs = [(a, c) for a, c in zip(averaged, current, strict=True) if a.is_floating_point()]
        return [a for a, _ in pairs], [c.detach() for _, c in pairs]

    def set_rates(self, generator: float, discriminator: float) -> None:
        """Learn at other rates from the next step on."""
        self.config = replace(self.config, learning_rate_g=generator, learning_rate_d=discriminator)
        for optimiser, rate in (
            (self._optimiser_g, generator),
            (self._optimiser_d, discriminator),
        ):
            for group in optimiser.param_groups:
                group["lr"] = rate

    def step(self) -> None:
        """``updates_d`` updates of the discriminator, then one of the generator."""
        self.step_d()
        self.step_g()

    def step_d(self) -> None:
        """The discriminator's half of a step; :meth:`step_g` must follow."""
        updates = self.config.updates_d
        for update in range(updates):
            reals, labels = self.reals.next_batch(self._random)
            with torch.set_grad_enabled(update == updates - 1):
                fakes = self._fakes(len(reals), labels)
            number = self.step_number * updates + update
            loss, real, fake = self._update_d(reals, fakes.detach(), labels, number)
        self._half = _HalfStep(fakes, labels, loss, real, fake)

    def step_g(self) -> None:
        """The generator's half, on the fakes that the discriminator saw last. RuntimeError if it
        is not its turn."""
        half, self._half = self._half, None
        if half is None:
            raise RuntimeError("the discriminator moves first")
        loss_g = self._update_g(half.fakes, half.labels)
        self._follow()
        self._note(loss_g, half.loss_d, half.real, half.fake)
        self.step_number += 1

    def _fakes(self, count: int, labels: Tensor | None) -> Tensor:
        latents = torch.randn(count, self.networks.latent, generator=self._random)
        with self._reduced():
            return self.generator(latents.to(self.device), labels).float()

    def _seen(self, pictures: Tensor) -> Tensor:
        """Pictures as the discriminator gets to see them."""
        return diffaugment(pictures, self._random) if self.augments else pictures

    def _reduced(self) -> torch.autocast:
        """The context in which convolutions run in the chosen precision."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"
        )

    def _update_d(
        self, reals: Tensor, fakes: Tensor, labels: Tensor | None, number: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The loss without penalty, and the logits of real and of generated pictures."""
        self._optimiser_d.zero_grad(set_to_none=True)
        # One pass over both halves: exact, since the discriminator has no batch statistics.
        both = self._seen(torch.cat([reals, fakes]))
        twice = torch.cat([labels, labels]) if labels is not None else None
        with self._reduced():
            logits = self.discriminator(both, twice)
        real, fake = logits.float().chunk(2)
        loss = self.objective.loss_d(real, fake)
        loss.backward()
        seen_reals, seen_fakes = both.chunk(2)
        self._penalise(seen_reals, seen_fakes, labels, number)
        self._apply(self._optimiser_d, 1)
        return loss.detach(), real.detach(), fake.detach()

    def _penalise(self, reals: Tensor, fakes: Tensor, labels: Tensor | None, number: int) -> None:
        """Add the gradient of the objective's penalty, in the updates that have one."""
        config, kind = self.config, self.objective.regulariser
        if kind == "r1" and config.r1 > 0 and number % config.r1_every == 0:
            penalty = r1_penalty(self.discriminator, reals, labels)
            (penalty * (config.r1 * config.r1_every)).backward()
        every = config.gradient_penalty_every
        if kind == "gradient penalty" and config.gradient_penalty > 0 and number % every == 0:
            mix = torch.rand(len(reals), 1, 1, 1, generator=self._random).to(self.device)
            penalty = gradient_penalty(self.discriminator, reals, fakes, mix, labels)
            (penalty * (config.gradient_penalty * every)).backward()

    def _update_g(self, fakes: Tensor, labels: Tensor | None) -> Tensor:
        """The loss. fakes: still attached to the generator."""
        self._optimiser_g.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)  # its weights' gradients would be thrown away
        with self._reduced():
            logits = self.discriminator(self._seen(fakes), labels)
        loss = self.objective.loss_g(logits.float())
        loss.backward()
        self.discriminator.requires_grad_(True)
        self._apply(self._optimiser_g, 0)
        return loss.detach()

    @torch.no_grad()
    def _apply(self, optimiser: torch.optim.Adam, player: int) -> None:
        """Step, unless the gradients are not finite; the device decides, nobody waits for it."""
        gradients = [
            p.grad
            for group in optimiser.param_groups
            for p in group["params"]
            if p.grad is not None
        ]
        norm = nn.utils.get_total_norm(gradients)
        broken = (~norm.isfinite()).float()
        # What a gradient scaler tells an optimiser: 1 to leave this step out.
        optimiser.found_inf = broken  # type: ignore[attr-defined]
        optimiser.step()
        self._norms[player] = norm
        self._skips += broken

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged generator towards the trained one."""
        seen = self.step_number * self.config.batch_size
        # The warm-up keeps the untrained start out of the average (Karras et al. 2020).
        half_life = min(self.config.ema_half_life, 0.1 * seen)
        keep = 0.5 ** (self.config.batch_size / half_life) if half_life else 0.0
        torch._foreach_lerp_(*self._averaged, 1 - keep)

    def _note(self, loss_g: Tensor, loss_d: Tensor, real: Tensor, fake: Tensor) -> None:
        score_real, score_fake = scores(self.objective, real, fake)
        self._sums += torch.stack([loss_g, loss_d, score_real, score_fake, fooled(real, fake)])
        self._summed += 1

    def means(self) -> Means:
        """Means over the steps since the last call; waits for the device."""
        values = (self._sums / max(self._summed, 1)).tolist()
        self.skipped = int(self._skips.item())
        self._sums.zero_()
        self._summed = 0
        return Means(*values)

    def gradient_norms(self) -> tuple[float, float]:
        """L2 norms of the last step's gradients, of the generator and of the discriminator."""
        generator, discriminator = self._norms.tolist()
        return generator, discriminator

    def variation(self) -> float:
        """How much the averaged generator's samples vary, as a share of how much real pictures do:
        near 0 it draws one picture whatever the latent (of a class), about 1 is healthy."""
        shares = self.variation_by_class()
        return sum(shares) / len(shares)

    def variation_by_class(self) -> list[float]:
        """:meth:`variation` of each class; of all pictures, one number, without classes."""
        return self._variation.shares(self.average)

    def critic(self) -> Critic:
        """The discriminator as it is now, to score any picture with. A copy."""
        return Critic.of(self.discriminator, self.average, self.reals, self.config.seed)
