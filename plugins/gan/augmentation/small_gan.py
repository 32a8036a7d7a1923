"""The small conditional GAN of the experiment: its training, its pictures, and how new they are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan import sampling
from plugins.gan.augmentation.results import AugmentSettings
from plugins.gan.evaluation import memorisation
from plugins.gan.evaluation.memorisation import nearest
from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.pictures import to_grid
from plugins.gan.training import Trainer, TrainingConfig

SHOWN = 10
"""Pictures of a class on the sheets."""
NO_TRUNCATION = 8.0


def new_trainer(
    small: Tensor,
    labels: Tensor,
    settings: AugmentSettings,
    classes: int,
    seed: int,
    device: str,
) -> Trainer:
    """A conditional GAN on the small set, with differentiable augmentation against learning it by
    heart."""
    networks = NetworkConfig(
        size=small.shape[-1], channels=small.shape[1], width=settings.width, classes=classes
    )
    config = TrainingConfig(
        batch_size=settings.gan_batch,
        learning_rate_g=1e-3,
        learning_rate_d=2e-3,
        r1=0.1,
        updates_d=2,  # with one, the pictures of a class soon look alike
        ema_half_life=3_000.0,
        augment=True,
        precision=settings.precision,
        seed=seed,
    )
    return Trainer(small, networks, config, device, labels.to(device))


def draw(generator: Generator, per_class: int, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    """``per_class`` pictures of each class, in order, and their labels; none is left out.

    Latents are drawn without truncation. On the generator's device.
    """
    device = next(generator.parameters()).device
    labels = torch.arange(classes).repeat_interleave(per_class)
    points = latents(seed, len(labels), generator.config.latent, NO_TRUNCATION)
    pictures = sampling.run(generator, points, one_hot(labels, classes))
    return pictures.to(device), labels.to(device)


@torch.no_grad()
def copies(generated: Tensor, small: Tensor, unseen: Tensor) -> float:
    """The share of ``generated`` that lies nearer (Euclidean, pixels) to a picture of ``small``
    than 99 % of the real pictures in ``unseen`` do: near 0.01 where nothing is learnt by heart."""
    made, floor = (
        torch.from_numpy(nearest(each, small, device=str(small.device)).distances[:, 0])
        for each in (generated, unseen)
    )
    return memorisation.copies(made, floor)


def sheet(pictures: Tensor, labels: Tensor, classes: int) -> np.ndarray:
    """Up to SHOWN pictures of each class, a row for each, blank where there are fewer."""
    columns = min(SHOWN, int(torch.bincount(labels.cpu()).max()))
    rows = torch.full((classes, columns, *pictures.shape[1:]), -1.0)
    for number in range(classes):
        some = pictures[(labels == number).to(pictures.device)][:columns]
        rows[number, : len(some)] = some.float().cpu()
    scale = max(1, 32 // pictures.shape[-1])
    return to_grid(rows.flatten(0, 1), columns, scale)
