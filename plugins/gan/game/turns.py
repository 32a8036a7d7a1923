"""The two-player game in slow motion: what each network saw in one turn, and what it learnt."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from host import UserError
from plugins.gan.game.results import Turn
from plugins.gan.latents import latents
from plugins.gan.pictures import bundled_digits, to_grid
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training import state as run_state
from plugins.gan.training.config import NetworkConfig
from plugins.gan.weights import CheckpointError

NETWORKS = NetworkConfig(size=16, width=24)
SHOWN, MEASURED = 6, 128
REPORT_SECONDS = 0.5


def turns(count: int, state: bytes | None, seed: int, device: str) -> Iterator[int | Turn]:
    """Play ``count`` turns, telling every half second how many are done, and look at the last.

    state: of the turn to go on from; None for a new game. Raises UserError for a damaged one.
    """
    trainer = _trainer(state, seed, device)
    told = time.monotonic()
    for number in range(1, count):
        trainer.step()
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            yield number
    yield _looked_at(trainer)


def _trainer(state: bytes | None, seed: int, device: str) -> Trainer:
    pictures, _ = bundled_digits(NETWORKS.size)
    if state is not None:
        try:
            return run_state.restore(state, pictures, device=device)
        except CheckpointError as error:
            raise UserError(str(error)) from error
    config = TrainingConfig(32, 1e-3, 1e-3, r1=0.1, seed=seed)
    return Trainer(pictures, NETWORKS, config, device)


def _looked_at(trainer: Trainer) -> Turn:
    """Play a turn; every score is of the same real pictures and the same latents."""
    number = trainer.step_number + 1
    random = np.random.default_rng([trainer.config.seed, number])
    chosen = torch.from_numpy(random.choice(len(trainer.reals), MEASURED, replace=False))
    reals = trainer.reals.pictures(chosen.to(trainer.device))
    seed = int(random.integers(2**31))
    points = latents(seed, MEASURED, NETWORKS.latent, truncation=4.0).to(trainer.device)

    fakes = _drawn(trainer, points)
    before = _logits(trainer, reals), _logits(trainer, fakes)
    trainer.step_d()
    after_d = _logits(trainer, reals), _logits(trainer, fakes)
    trainer.step_g()
    improved = _drawn(trainer, points)
    after_g = _logits(trainer, reals), _logits(trainer, improved)

    return Turn(
        number=number,
        real=_sheet(reals),
        fake=_sheet(fakes),
        improved=_sheet(improved),
        score_real=_shown(before[0]),
        score_fake=_shown(before[1]),
        after_d_real=_shown(after_d[0]),
        after_d_fake=_shown(after_d[1]),
        after_g_fake=_shown(after_g[1]),
        values=(_value(*before), _value(*after_d), _value(*after_g)),
        state=run_state.to_bytes(trainer),
    )


@torch.no_grad()
def _drawn(trainer: Trainer, points: Tensor) -> Tensor:
    # With the statistics of the batch, as D meets them: those of the running average lag behind.
    return trainer.generator(points)


@torch.no_grad()
def _logits(trainer: Trainer, pictures: Tensor) -> Tensor:
    return trainer.discriminator(pictures).float().cpu()


def _value(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """The two terms of V(D, G) (Goodfellow et al. 2014, eq. 1), in nats."""
    return logsigmoid(real).mean().item(), logsigmoid(-fake).mean().item()


def _shown(logits: Tensor) -> np.ndarray:
    return logits[:SHOWN].sigmoid().numpy()


def _sheet(pictures: Tensor) -> np.ndarray:
    return to_grid(pictures[:SHOWN].cpu(), SHOWN, scale=3)
