"""Which pictures are labelled and which are the test."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from plugins.gan.augmentation.results import AugmentSettings

TEST_SHARE = 1 / 3


@dataclass(frozen=True)
class Split:
    """Places in the whole set, int64: ``labelled`` (the small set) and ``test`` share none."""

    labelled: Tensor
    test: Tensor


def split(labels: Tensor, settings: AugmentSettings, seed: int) -> Split:
    """A third of each class for testing, and of the rest the first ``per_class`` (of the rare
    class fewer) as the small set. labels: (N,) int64.

    With the same seed a smaller set is part of a larger one, and the test is the same.
    Raises ValueError where a class has too few pictures.
    """
    random = torch.Generator().manual_seed(seed)
    labelled, test = [], []
    for number in range(int(labels.max()) + 1):
        places = (labels == number).nonzero().squeeze(1)
        places = places[torch.randperm(len(places), generator=random)]
        held_out = round(len(places) * TEST_SHARE)
        wanted = settings.rare_count if number == settings.rare_class else settings.per_class
        if not held_out or held_out + wanted > len(places):
            raise ValueError(f"class {number}: {len(places)} pictures are too few")
        test.append(places[:held_out])
        labelled.append(places[held_out : held_out + wanted])
    return Split(torch.cat(labelled), torch.cat(test))


def most_per_class(labels: Tensor) -> int:
    """The largest ``per_class`` that every class can give, beside its third for testing."""
    counts = torch.bincount(labels).tolist()
    return min(count - round(count * TEST_SHARE) for count in counts)
