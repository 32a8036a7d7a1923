"""Means and paired differences over seeds, with Student's t intervals (NumPy and SciPy only)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from plugins.gan.augmentation.results import (
    BOTH,
    CLASSIC,
    GAN,
    REAL,
    REPEATED,
    REPEATED_CLASSIC,
    AugmentStep,
)

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over ``count`` seeds, in points (percent), and its 95 % t interval.

    low, high: NaN for fewer than two seeds, which say nothing about the spread.
    """

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Difference:
    """``arm`` minus ``base``, paired by seed, in points of accuracy.

    on: "all classes" or "the rare class". values: one for each finished seed.
    """

    arm: str
    base: str
    on: str
    interval: Interval
    values: tuple[float, ...]


def interval(values: np.ndarray) -> Interval:
    """The mean of ``values`` (N,) and mean ± t(0.975, N - 1) s / sqrt(N) (Student 1908).

    Raises ValueError for no values.
    """
    count = len(values)
    if not count:
        raise ValueError("no values, no mean")
    mean = float(np.mean(values))
    if count < 2:
        return Interval(mean, math.nan, math.nan, count)
    from scipy.special import stdtrit  # here: the page is to start without SciPy

    half = float(stdtrit(count - 1, 0.5 + LEVEL / 2) * np.std(values, ddof=1) / math.sqrt(count))
    return Interval(mean, mean - half, mean + half, count)


def compared(arms: tuple[str, ...]) -> list[tuple[str, str]]:
    """The pairs (arm, base) that answer the question, the main one first."""
    pairs = [(GAN, REAL), (BOTH, CLASSIC), (CLASSIC, REAL), (GAN, CLASSIC)]
    if REPEATED in arms:
        pairs = [
            (GAN, REAL),
            (GAN, REPEATED),
            (BOTH, CLASSIC),
            (BOTH, REPEATED_CLASSIC),
            (CLASSIC, REAL),
        ]
    return pairs


def means(step: AugmentStep, rare: bool = False) -> dict[str, Interval]:
    """Accuracy of each arm over the finished seeds; empty before the first is finished."""
    table = _finished(step, rare)
    arms = step.settings.arms
    return {arm: interval(table[:, at]) for at, arm in enumerate(arms)} if len(table) else {}


def differences(step: AugmentStep, rare: bool = False) -> list[Difference]:
    """Paired differences over the finished seeds; empty before the first is finished."""
    table = _finished(step, rare)
    arms = step.settings.arms
    if not len(table):
        return []
    found = []
    for arm, base in compared(arms):
        values = table[:, arms.index(arm)] - table[:, arms.index(base)]
        on = "the rare class" if rare else "all classes"
        found.append(Difference(arm, base, on, interval(values), tuple(map(float, values))))
    return found


def _finished(step: AugmentStep, rare: bool) -> np.ndarray:
    """Accuracies in percent, (finished seeds, arms)."""
    table = step.rare_accuracy() if rare else step.accuracy
    if table is None:
        return np.empty((0, len(step.settings.arms)))
    finished: np.ndarray = table[step.finished] * 100
    return finished
