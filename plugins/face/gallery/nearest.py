"""The exact nearest people among very many encodings, mostly in float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_SCORES = 16_000_000  # scores held at a time: 64 MB
_BLOCK = 65_536  # rows taken to float64 at a time
_UNIT = 2.0**-24  # rounding to the nearest float32
_TINY = 2.0**-126  # products below this lose digits or vanish


@dataclass(frozen=True)
class Table:
    """Encodings (N, D) float32, their squared norms (N,) float32 and whose they are (N,) int64."""

    encodings: np.ndarray
    squares: np.ndarray
    owners: np.ndarray

    def first(self, rows: int) -> Table:
        return Table(self.encodings[:rows], self.squares[:rows], self.owners[:rows])


def squares(encodings: np.ndarray) -> np.ndarray:
    """The squared norm of every row, float32."""
    with np.errstate(over="ignore"):
        return np.einsum("ij,ij->i", encodings, encodings)


def nearest(table: Table, queries: np.ndarray, k: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For every query (Q, D) the ids and distances (float64) of its ``k`` nearest people.

    Nearest first, equally near ones by id; fewer than ``k`` if there are not that many.

    |x - q|² = |x|² - 2 x·q + |q|² is one matrix product for all rows x, but float32 rounds it.
    So the rows that come first are measured again from their differences, and more of them until
    no other can belong to the answer even if its sum was rounded as badly as it can be.
    """
    rows = len(table.encodings)
    largest = float(table.squares.max(initial=0.0)) ** 0.5
    at_a_time = max(1, _SCORES // max(rows, 1))
    for start in range(0, len(queries), at_a_time):
        block = queries[start : start + at_a_time]
        for query, score in zip(block.astype(np.float64), _scores(table, block), strict=True):
            yield _nearest(table, query, score, largest, k)


def _scores(table: Table, queries: np.ndarray) -> np.ndarray:
    """|x|² - 2 x·q for every query and row, float32 (Q, N)."""
    # One call for all rows: at the end of each, BLAS's threads wait for each other, and on a busy
    # machine that costs more than blocks that fit the cache save.
    with np.errstate(over="ignore", invalid="ignore"):
        scores = (-2 * queries) @ table.encodings.T
        scores += table.squares
    return scores


def _nearest(
    table: Table, query: np.ndarray, scores: np.ndarray, largest: float, k: int
) -> tuple[np.ndarray, np.ndarray]:
    rows, dimension = table.encodings.shape
    norm = float(np.sqrt(query @ query))
    # Higham, Accuracy and Stability of Numerical Algorithms, §3.1: a sum of D products is off by
    # D units of the product of the norms at most; some more for the steps after it.
    error = (dimension + 4) * _UNIT * (largest**2 + 2 * largest * norm)
    error += 4 * dimension * _TINY
    count = min(rows, max(128, 16 * k))
    if not np.isfinite(error):
        count = rows  # the sums overflowed and say nothing
    while True:
        if count < rows:
            limit = np.partition(scores, count)[count]
            candidates = np.flatnonzero(scores <= limit)
            reach = float(limit) + norm**2 - error  # no other row's square is below
        else:
            candidates, reach = np.arange(rows), np.inf
        owners, distances = _by_person(table, query, candidates)
        if count == rows or (len(owners) >= k and distances[k - 1] ** 2 < reach):
            return owners[:k], distances[:k]
        count = min(rows, 8 * count)


def _by_person(table: Table, query: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The people whose ``rows`` these are and the distances to their nearest one, sorted."""
    distances = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        differences = table.encodings[part].astype(np.float64) - query
        distances[start : start + _BLOCK] = np.sqrt(np.einsum("ij,ij->i", differences, differences))
    order = np.lexsort((table.owners[rows], distances))
    _, first = np.unique(table.owners[rows][order], return_index=True)
    order = order[np.sort(first)]
    return table.owners[rows][order], distances[order]
