"""How good a verifier is: figures from the distances of same and of different pairs.

``same`` and ``different`` are arrays (N,) of distances between the two pictures of pairs that
show one person, and of pairs that show two. A pair counts as "the same person" when its distance
is at or below the threshold.

A distance of NaN means that one of the two pictures yielded no encoding, because no face was
found in it. Such a pair is wrong at every threshold: a same pair is never accepted and a
different pair always is. That is the worst case, and every figure below includes it.

Same and different pairs weigh equally in an accuracy, however many there are of each. In LFW's
protocol there are as many of one as of the other, and this is the plain share of right answers.

Every function raises ValueError when there is no pair of one kind. Only NumPy is needed here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curves:
    """The two error rates at rising thresholds, three arrays (T,).

    far: false accept rate, the share of different pairs accepted; never falls.
    frr: false reject rate, the share of same pairs rejected; never rises.
    """

    thresholds: np.ndarray
    far: np.ndarray
    frr: np.ndarray

    @property
    def tar(self) -> np.ndarray:
        """True accept rate. ``(far, tar)`` are the points of the ROC curve."""
        return 1 - self.frr

    def rates_at(self, threshold: float) -> tuple[float, float]:
        """(far, frr) at a threshold, linear between the curves' own, level beyond them."""
        return (
            float(np.interp(threshold, self.thresholds, self.far)),
            float(np.interp(threshold, self.thresholds, self.frr)),
        )


@dataclass(frozen=True)
class FoldAccuracy:
    """Result of :func:`k_fold_accuracy`; ``standard_error`` is that of the mean over the folds."""

    mean: float
    standard_error: float
    accuracies: np.ndarray
    thresholds: np.ndarray


def curves(same: np.ndarray, different: np.ndarray, thresholds: np.ndarray | None = None) -> Curves:
    """FAR and FRR at ``thresholds`` (rising), or wherever one of them changes when left out.

    Left out, the first threshold lies just below every distance and the last at the greatest.
    """
    same, different = _settled(same, different)
    if thresholds is None:
        thresholds = _steps(same, different)
    return Curves(
        np.asarray(thresholds, float),
        np.searchsorted(different, thresholds, "right") / len(different),
        1 - np.searchsorted(same, thresholds, "right") / len(same),
    )


def auc(same: np.ndarray, different: np.ndarray) -> float:
    """Area under the ROC curve: how often a same pair is nearer than a different one.

    Equal distances count half (Fawcett, Pattern Recognition Letters 27, 2006, section 7).
    """
    same, different = _settled(same, different)
    below = np.searchsorted(different, same, "left") + np.searchsorted(different, same, "right")
    return float(1 - below.mean() / (2 * len(different)))


def eer(same: np.ndarray, different: np.ndarray) -> float:
    """Equal error rate: where FAR and FRR meet, on the straight line between two thresholds."""
    both = curves(same, different)
    gap = both.far - both.frr  # never falls; at the last threshold every different pair is in
    after = int(np.argmax(gap >= 0))
    if after == 0:
        return float(both.far[0])
    before = after - 1
    part = -gap[before] / (gap[after] - gap[before])
    return float(both.far[before] + part * (both.far[after] - both.far[before]))


def tar_at_far(same: np.ndarray, different: np.ndarray, far: float) -> float | None:
    """The greatest true accept rate at which no more than ``far`` of the different pairs get in.

    None with fewer than ``1 / far`` different pairs: not one of them could be let in.
    """
    same, different = _settled(same, different)
    allowed = math.floor(far * len(different) + 1e-9)
    if allowed < 1:
        return None
    if allowed >= len(different):
        return float(np.isfinite(same).mean())
    # A threshold just below this distance accepts the `allowed` different pairs before it.
    return float(np.searchsorted(same, different[allowed], "left") / len(same))


def accuracy(same: np.ndarray, different: np.ndarray, threshold: float) -> float:
    """Mean of the shares of same pairs accepted and of different pairs rejected."""
    at = curves(same, different, np.array([threshold]))
    return float(1 - (at.far[0] + at.frr[0]) / 2)


def best_threshold(same: np.ndarray, different: np.ndarray) -> float:
    """A threshold of greatest :func:`accuracy`.

    Every threshold between two neighbouring distances does the same: the middle of the widest
    such gap is taken. 0 when there is no distance at all.
    """
    both = curves(same, different)
    errors = both.far + both.frr
    best = np.flatnonzero(errors <= errors.min() + 1e-12)
    ends = np.append(both.thresholds, both.thresholds[-1])
    # The first threshold is a stand-in for "accept nothing": its gap has no lower end.
    width = np.where(best == 0, 0.0, ends[best + 1] - ends[best])
    chosen = best[int(np.argmax(width))]
    return float(ends[chosen] if chosen == 0 else (ends[chosen] + ends[chosen + 1]) / 2)


def k_fold_accuracy(distances: np.ndarray, same: np.ndarray, folds: np.ndarray) -> FoldAccuracy:
    """LFW's View-2 protocol: each fold judged at the best threshold of all the others.

    distances: (N,), NaN for "no face". same: bool (N,). folds: int (N,), at least two values,
    each with pairs of both kinds. The standard error is the deviation of the folds' accuracies
    (n - 1) over the root of their number (Huang et al., "Labeled Faces in the Wild", University
    of Massachusetts, Amherst, report 07-49, 2007, section 2.1).

    Raises ValueError with fewer than two folds or when one lacks a kind.
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise ValueError("there are fewer than two folds")
    accuracies, thresholds = [], []
    for name in names:
        held_out = folds == name
        threshold = best_threshold(distances[~held_out & same], distances[~held_out & ~same])
        thresholds.append(threshold)
        accuracies.append(
            accuracy(distances[held_out & same], distances[held_out & ~same], threshold)
        )
    return FoldAccuracy(
        float(np.mean(accuracies)),
        float(np.std(accuracies, ddof=1) / math.sqrt(len(names))),
        np.array(accuracies),
        np.array(thresholds),
    )


def _settled(same: np.ndarray, different: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sorted, with NaN where it is always wrong: +inf among the same, -inf among the rest."""
    same, different = np.asarray(same, float), np.asarray(different, float)
    if len(same) == 0 or len(different) == 0:
        raise ValueError("there must be pairs of one person and pairs of two people")
    return (
        np.sort(np.where(np.isnan(same), np.inf, same)),
        np.sort(np.where(np.isnan(different), -np.inf, different)),
    )


def _steps(same: np.ndarray, different: np.ndarray) -> np.ndarray:
    """Just below the smallest distance, then every distance once."""
    values = np.unique(np.concatenate([same, different]))
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return np.zeros(1)
    return np.concatenate([[np.nextafter(values[0], -np.inf)], values])
