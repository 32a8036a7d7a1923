"""Batches of P people with K pictures each (Schroff et al. 2015, section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def people_batches(
    labels: np.ndarray, people: int, pictures: int, seed: int
) -> Iterator[np.ndarray]:
    """Places in ``labels`` (N,) for one batch after another, without end.

    ``people`` different labels, or all there are; of each ``pictures`` different places, or all.
    """
    random = np.random.default_rng(seed)
    places = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    people = min(people, len(places))
    while True:
        chosen = random.choice(len(places), people, replace=False)
        yield np.concatenate(
            [
                random.choice(places[one], min(pictures, len(places[one])), replace=False)
                for one in chosen
            ]
        )
