"""Is the shipped generator copying? Its pictures beside the training pictures nearest to them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from host import UserError
from host.weights import Progress, WeightFile, WeightsStore
from plugins.gan import sampling
from plugins.gan.data.formats import read_idx
from plugins.gan.data.load import scaled
from plugins.gan.data.sources import MNIST_TEST
from plugins.gan.evaluation.memorisation import nearest
from plugins.gan.evaluation.steps import finish
from plugins.gan.generation.results import NearestSheet
from plugins.gan.latents import latents
from plugins.gan.networks import Generator
from plugins.gan.pictures import to_grid

SHOWN, NEIGHBOURS = 12, 3
HELD_OUT = 2_000
"""As scripts/gan_train_digits.py held them out, with its seed 0."""
UNSEEN = 500


def nearest_sheet(
    generator: Generator,
    points: Tensor,
    labels: Tensor | None,
    store: WeightsStore,
    file: WeightFile = MNIST_TEST,
) -> Iterator[Progress | NearestSheet]:
    """The download of the training pictures, if need be, then the first SHOWN pictures of
    ``points`` (N, latent), each over its NEIGHBOURS nearest training pictures.

    Raises UserError when the training pictures cannot be had or read.
    """
    path = yield from store.fetch(file)
    try:
        seen, unseen = _split(_read(path))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(f"{file.name} cannot be read: {error}.") from error
    made = sampling.run(generator, points[:SHOWN], labels[:SHOWN] if labels is not None else None)
    found = nearest(made, seen, NEIGHBOURS)
    floor = nearest(unseen[:UNSEEN], seen).distances[:, 0]
    rows = [made, *(seen[found.indices[:, k]] for k in range(NEIGHBOURS))]
    yield NearestSheet(
        sheet=to_grid(torch.cat(rows), len(made), scale=2),
        distances=tuple(float(distance) for distance in found.distances[:, 0]),
        unseen_median=float(np.median(floor)),
        unseen_lowest=float(np.quantile(floor, 0.01)),
        train=len(seen),
    )


def _read(path: Path) -> Tensor:
    digits = finish(read_idx(path, 10_000 * 28 * 28))
    return scaled(torch.from_numpy(digits[:, None].copy()), 32)


def _split(pictures: Tensor) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    return pictures[order[HELD_OUT:]], pictures[order[:HELD_OUT]]


def asked(
    generator: Generator, classes: Sequence[int], seed: int, count: int, truncation: float
) -> tuple[Tensor, Tensor | None]:
    """Latents and labels of the first SHOWN pictures that :func:`.sampling.draw` draws."""
    points = latents(seed, count, generator.config.latent, truncation)
    if not classes:
        return points[:SHOWN], None
    labels = one_hot(torch.tensor(list(classes) * count), generator.config.classes)
    return points.repeat_interleave(len(classes), dim=0)[:SHOWN], labels[:SHOWN]
