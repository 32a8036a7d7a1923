"""One step of pix2pix: a conditional GAN together with an L1 loss (Isola et al. 2017, eq. 4)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, softplus

from plugins.gan.translation.unet import PatchDiscriminator, UNet, UNetConfig


@dataclass(frozen=True)
class Pix2PixConfig:
    """``l1``: lambda of eq. 4, the weight of the L1 loss against the adversarial one."""

    l1: float = 100.0
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    ema_half_life: float = 100.0  # in steps, of the averaged generator
    precision: str = "float32"  # or "bfloat16"


@dataclass(frozen=True)
class Losses:
    """``adversarial`` and ``discriminator`` are 0 in a step with the L1 loss alone."""

    l1: float
    adversarial: float = 0.0
    discriminator: float = 0.0


class Pix2Pix:
    """Trains a generator; :attr:`average` is the moving average of its weights, to be used."""

    def __init__(self, networks: UNetConfig, config: Pix2PixConfig, device: str = "cpu") -> None:
        place = torch.device(device)
        layout = torch.channels_last
        self.config = config
        self.generator = UNet(networks).to(place, memory_format=layout)  # type: ignore[call-overload]
        self.average = deepcopy(self.generator).eval().requires_grad_(False)
        self.discriminator = PatchDiscriminator(networks.inputs + networks.outputs)
        self.discriminator.to(place, memory_format=layout)  # type: ignore[call-overload]
        self.optimiser_g = torch.optim.Adam(
            self.generator.parameters(), config.learning_rate_g, betas=(0.5, 0.999)
        )
        self.optimiser_d = torch.optim.Adam(
            self.discriminator.parameters(), config.learning_rate_d, betas=(0.5, 0.999)
        )
        self._device = place
        self._steps = 0

    def step(self, condition: Tensor, truth: Tensor, adversarial: bool) -> Losses:
        """Update on one batch: (N, inputs, H, W) and (N, outputs, H, W), both in [-1, 1].

        adversarial: False for the L1 loss alone, which leaves the discriminator as it is.
        """
        condition, truth = (
            each.to(self._device, memory_format=torch.channels_last) for each in (condition, truth)
        )
        with self._autocast():
            answer = self.generator(condition)
        answer = answer.float()
        loss_d = self._update_discriminator(condition, truth, answer) if adversarial else 0.0
        l1 = l1_loss(answer, truth)
        loss, fooled = self.config.l1 * l1, 0.0
        if adversarial:
            self.discriminator.requires_grad_(False)
            with self._autocast():
                logits = self.discriminator(condition, answer)
            loss_g = softplus(-logits.float()).mean()
            self.discriminator.requires_grad_(True)
            loss, fooled = loss + loss_g, loss_g.item()
        self.optimiser_g.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser_g.step()
        self._update_average()
        return Losses(l1.item(), fooled, loss_d)

    def _update_discriminator(self, condition: Tensor, truth: Tensor, answer: Tensor) -> float:
        with self._autocast():
            real = self.discriminator(condition, truth).float()
            fake = self.discriminator(condition, answer.detach()).float()
        # halved, as in the paper, to slow the discriminator down
        loss = 0.5 * (softplus(-real).mean() + softplus(fake).mean())
        self.optimiser_d.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser_d.step()
        return float(loss.item())

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self._device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"
        )

    @torch.no_grad()
    def _update_average(self) -> None:
        self._steps += 1
        # early on the average must not be held back by the random start
        decay = min(0.5 ** (1 / self.config.ema_half_life), self._steps / (self._steps + 10))
        for mean, value in zip(
            self.average.state_dict().values(), self.generator.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)
