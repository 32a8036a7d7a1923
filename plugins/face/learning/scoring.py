"""Maps of encodings, and how well they verify people never trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from plugins.face import metrics
from plugins.face.learning.data import LabelledData, Split
from plugins.face.learning.head import Head
from plugins.face.learning.results import Snapshot, Verification

SHOWN = 300
"""Pictures of the trained people on a map, and as many of the held-out ones."""


def sample(labels: np.ndarray, people: np.ndarray, seed: int) -> np.ndarray:
    """Sorted places of up to SHOWN pictures, about as many of each of ``people``, 2 at least."""
    random = np.random.default_rng(seed)
    people = random.permutation(people)[: SHOWN // 2]
    each = SHOWN // len(people)
    return np.sort(
        np.concatenate([random.permutation(np.flatnonzero(labels == p))[:each] for p in people])
    )


def pair_distances(encodings: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Euclidean distances of all same and of all different pairs of rows, float64."""
    rows = encodings.astype(np.float64)
    lengths = (rows**2).sum(1)
    squared = np.maximum(lengths[:, None] + lengths[None] - 2 * rows @ rows.T, 0)
    one, other = np.triu_indices(len(rows), 1)
    distances, same = np.sqrt(squared[one, other]), labels[one] == labels[other]
    return distances[same], distances[~same]


def plane(encodings: np.ndarray) -> np.ndarray:
    """The two main directions of rows (M, d), d >= 2, by SVD: float32 (M, 2).

    Which way an axis points is arbitrary; here its longest reach is positive.
    """
    centred = encodings - encodings.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    points = u[:, :2] * s[:2]
    reach = points[np.abs(points).argmax(0), [0, 1]]
    return (points * np.where(reach < 0, -1, 1)).astype(np.float32)


class Scorer:
    """Judges encodings of always the same pictures, so that before and after compare."""

    def __init__(self, data: LabelledData, split: Split, seed: int) -> None:
        self._names = data.names
        trained = sample(data.labels, split.trained, seed)
        held_out = sample(data.labels, split.held_out, seed + 1)
        self.places = np.concatenate([trained, held_out])
        """Of the pictures to encode, in this order."""
        self._labels = data.labels[self.places]
        self._held_out = np.arange(len(self.places)) >= len(trained)

    def snapshot(
        self, encodings: np.ndarray, head: Callable[[float], Head] | None = None
    ) -> Snapshot:
        """encodings: (M, d) of ``places``. head: makes it from the threshold."""
        new = self._held_out
        threshold = metrics.best_threshold(*pair_distances(encodings[~new], self._labels[~new]))
        return Snapshot(
            points=plane(encodings),
            labels=self._labels,
            held_out=new,
            names=self._names,
            verification=verification(encodings[new], self._labels[new], threshold),
            head=head(threshold) if head else None,
        )


def verification(encodings: np.ndarray, labels: np.ndarray, threshold: float) -> Verification:
    """encodings (N, d) of held-out people; threshold: the best for the trained ones."""
    same, different = pair_distances(encodings, labels)
    best = metrics.best_threshold(same, different)
    return Verification(
        auc=metrics.auc(same, different),
        eer=metrics.eer(same, different),
        accuracy=metrics.accuracy(same, different, best),
        accuracy_transferred=metrics.accuracy(same, different, threshold),
        threshold=threshold,
        tar_at_far_1e_2=metrics.tar_at_far(same, different, 0.01),
        same=len(same),
        different=len(different),
    )
