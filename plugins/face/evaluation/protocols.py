"""Which pairs are judged: given ones, every pair of one set of pictures, or of two sets.

The figures and the treatment of pictures without a face are those of :mod:`plugins.face.metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from plugins.face.evaluation.encodings import Encodings
from plugins.face.evaluation.judging import judge, row_distances
from plugins.face.evaluation.report import Report

MOST_PAIRS = 2_000_000
"""Of each kind; of more, this many are drawn at random. Judging takes about 150 bytes a pair."""


def evaluate_pairs(
    encodings: Encodings, pairs: Sequence[tuple[str, str, bool, int]], model: str
) -> Report:
    """Judges ``pairs``: key, key, whether they show one person, and the fold (any integers).

    With one fold only, the pairs are dealt into folds as in :func:`evaluate_all_pairs`.
    Raises UserError when there is no pair of one kind, KeyError for an unknown key.
    """
    place = {key: index for index, key in enumerate(encodings.keys)}
    first = np.array([place[pair[0]] for pair in pairs], np.int32)
    second = np.array([place[pair[1]] for pair in pairs], np.int32)
    same = np.array([pair[2] for pair in pairs], bool)
    folds = np.array([pair[3] for pair in pairs], np.int32)
    return judge(
        *(encodings, encodings, first, second, same),
        folds=folds if len(np.unique(folds)) > 1 else None,
        model=model,
        protocol="given pairs",
    )


def evaluate_all_pairs(encodings: Encodings, model: str) -> Report:
    """Judges every pair of two pictures, in ten folds of pairs dealt at random (seed 0).

    There are fewer folds with fewer pairs of a kind, and one when a kind has one pair only.
    Raises UserError when there is no pair of one kind.
    """
    first, second, same, notes = _all_pairs(encodings)
    return judge(
        *(encodings, encodings, first, second, same),
        folds=None,
        model=model,
        protocol="all pairs",
        notes=notes,
    )


def pair_distances(encodings: Encodings) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the same and of the different pairs of :func:`evaluate_all_pairs`, float32."""
    first, second, same, _ = _all_pairs(encodings)
    distances = row_distances(encodings.values, encodings.values, first, second)
    return distances[same], distances[~same]


def evaluate_two(first: Encodings, second: Encodings, model: str) -> Report:
    """Judges every picture of ``first`` against every one of ``second``, folds as above.

    Pictures show one person when their people's names are equal.
    Raises UserError when there is no pair of one kind.
    """
    numbers = _numbers((*first.people, *second.people))
    ours, theirs = numbers[: len(first.people)], numbers[len(first.people) :]
    size = int(numbers.max(initial=0)) + 1
    all_same = int(np.bincount(ours, minlength=size) @ np.bincount(theirs, minlength=size))
    everyone = np.arange(len(theirs), dtype=np.int32)
    one, two, same, notes = _draw(
        ((index, everyone) for index in range(len(ours))),
        *(ours, theirs, all_same, len(ours) * len(theirs) - all_same),
    )
    return judge(
        *(first, second, one, two, same),
        folds=None,
        model=model,
        protocol="two folders",
        notes=notes,
    )


def _all_pairs(
    encodings: Encodings,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    people = _numbers(encodings.people)
    everyone = np.arange(len(people), dtype=np.int32)
    counts = np.bincount(people)
    all_same = int((counts * (counts - 1) // 2).sum())
    return _draw(
        ((index, everyone[index + 1 :]) for index in range(len(people))),
        *(people, people, all_same, len(people) * (len(people) - 1) // 2 - all_same),
    )


def _numbers(people: Sequence[str]) -> np.ndarray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(person, len(numbers)) for person in people], np.int64)


def _draw(
    rows: Iterable[tuple[int, np.ndarray]],
    ours: np.ndarray,
    theirs: np.ndarray,
    all_same: int,
    all_different: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """first, second, same and notes of the pairs in ``rows``, ``MOST_PAIRS`` of a kind or so."""
    rng = np.random.default_rng(0)
    share = np.array([MOST_PAIRS / max(all_different, 1), MOST_PAIRS / max(all_same, 1)])
    firsts, seconds, sames = [], [], []
    for index, others in rows:
        same = theirs[others] == ours[index]
        if share.min() < 1:
            kept = rng.random(len(others)) < share[same.astype(int)]
            others, same = others[kept], same[kept]
        firsts.append(np.full(len(others), index, np.int32))
        seconds.append(others)
        sames.append(same)
    empty = [np.zeros(0, np.int32)]
    first, second, kind = (np.concatenate(x or empty) for x in (firsts, seconds, sames))
    notes: tuple[str, ...] = ()
    if share.min() < 1:
        notes = (
            f"{len(first):,} of {all_same + all_different:,} pairs were judged, drawn at random "
            "(seed 0).",
        )
    return first, second, kind.astype(bool), notes
