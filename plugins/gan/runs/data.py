"""The pictures of a training run: what is learnt from, and what is held out to measure it with."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from host import UserError
from host.weights import WeightsStore
from plugins.gan.data.load import load_steps
from plugins.gan.data.own import own_pictures_steps
from plugins.gan.data.sources import SOURCES
from plugins.gan.runs.settings import OWN, RunSettings

HELD_OUT, MOST_HELD_OUT = 6, 2_000
"""Of HELD_OUT pictures one is held out, and no more than MOST_HELD_OUT in all."""
SPLIT_SEED = 0


@dataclass(frozen=True, eq=False)
class RunData:
    """pictures, held_out: (N, C, S, S) in [-1, 1]; labels, held_out_labels: (N,) int64 or None.

    names: of the classes. notice: what the page should say about the visitor's own files.
    """

    pictures: Tensor
    labels: Tensor | None
    held_out: Tensor
    held_out_labels: Tensor | None
    names: tuple[str, ...]
    notice: str = ""


def read(
    settings: RunSettings, files: Sequence[bytes], store: WeightsStore
) -> Generator[str, None, RunData]:
    """Sentences on how far it is, then the data.

    Raises UserError for pictures that cannot be had or used, and for a conditional run on
    pictures without classes.
    """
    notice = ""
    if settings.data == OWN:
        own = yield from own_pictures_steps(files, settings.size, channels=3)
        pictures, labels, names, notice = own.pictures, own.labels, own.names, own.notice()
    else:
        pictures, labels = yield from load_steps(settings.data, settings.size, store, True)
        names = SOURCES[settings.data].labels
    if settings.conditional and labels is None:
        raise UserError(
            "A conditional GAN needs classes: put the pictures of each class into a folder of its "
            "own and upload the folders as one zip."
        )
    # The same split for every run of the same pictures: a seed changes the run, not its exam.
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(SPLIT_SEED))
    count = min(len(pictures) // HELD_OUT, MOST_HELD_OUT)
    unseen, seen = order[:count], order[count:]
    return RunData(
        pictures[seen],
        labels[seen] if labels is not None else None,
        pictures[unseen],
        labels[unseen] if labels is not None else None,
        names,
        notice,
    )
