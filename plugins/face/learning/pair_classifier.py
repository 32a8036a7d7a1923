"""Verification as binary classification: are these two encodings one person's?"""

from __future__ import annotations

import numpy as np

from host import checks
from plugins.face import metrics
from plugins.face.learning.data import LabelledData, split
from plugins.face.learning.results import PairMethod, PairReport

HOLD_OUT = 0.3
MOST = 3000
"""Same pairs, and as many different ones."""
ROC_POINTS = 200
PENALTY = 0.2
"""lambda in: mean logistic loss + lambda / 2 ||w||^2. So strong because the weights must hold for
other people: weaker ones did worse on held-out digits and faces."""
DIFFERENCE, CHI_SQUARE, DISTANCE = "|difference|", "chi-square", "distance alone"


def differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """|f(x1) - f(x2)|, (N, D)."""
    return np.abs(first - second)


def chi_square(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(f1 - f2)^2 / (|f1| + |f2|), (N, D); 0 where both are 0.

    DeepFace (Taigman et al., CVPR 2014, section 4.1) divides by f1 + f2, which is the same for
    its encodings: they are never negative. Ours may be.
    """
    total = np.abs(first) + np.abs(second)
    return np.divide((first - second) ** 2, total, out=np.zeros_like(total), where=total > 0)


def balanced_pairs(
    labels: np.ndarray, people: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Different pairs of places, half of each kind: (first, second, same), (N,) each.

    Up to MOST of each kind, drawn from all there are of ``people``.
    """
    same: list[np.ndarray] = []
    for person in people:
        places = np.flatnonzero(labels == person)
        one, other = np.triu_indices(len(places), 1)
        some = random.permutation(len(one))[:MOST]
        same.append(np.column_stack([places[one[some]], places[other[some]]]))
    alike = random.permutation(np.concatenate(same))
    of_people = random.permutation(np.flatnonzero(np.isin(labels, people)))[:1000]
    one, other = np.triu_indices(len(of_people), 1)
    pairs = np.column_stack([of_people[one], of_people[other]])
    unlike = random.permutation(pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]])
    count = min(MOST, len(alike), len(unlike))
    chosen = np.concatenate([alike[:count], unlike[:count]])
    return chosen[:, 0], chosen[:, 1], np.arange(2 * count) < count


def classify_pairs(data: LabelledData, seed: int) -> PairReport:
    """Logistic regression on features of pairs, beside the plain distance threshold.

    Everything is fitted on pairs of one part of the people and judged on pairs of the others.
    seed: of who is held out and which pairs are drawn. Pictures count as their pixels.

    Raises UserError when there are too few people or pictures, or for another seed than 0 to
    2**32 - 1.
    """
    seed = checks.seed(seed)
    from sklearn.linear_model import LogisticRegression

    people = split(data, HOLD_OUT, seed)
    random = np.random.default_rng(seed)
    flat = data.flat.astype(np.float64)
    first, second, same = balanced_pairs(data.labels, people.trained, random)
    new_first, new_second, new_same = balanced_pairs(data.labels, people.held_out, random)
    methods = []
    for name, features in ((DIFFERENCE, differences), (CHI_SQUARE, chi_square)):
        x, new_x = features(flat[first], flat[second]), features(flat[new_first], flat[new_second])
        # One scale for all, so that the penalty and a reader may compare the weights.
        spread = x.std(0)
        spread[spread == 0] = 1
        model = LogisticRegression(C=1 / (PENALTY * len(same)), max_iter=1000)
        model.fit(x / spread, same)
        # As a distance: high for different pairs. At 0 both answers are equally likely.
        score = -model.decision_function(new_x / spread)
        methods.append(_judged(name, score, new_same, 0.0, model.coef_[0].astype(np.float32)))
    distance = np.linalg.norm(flat[first] - flat[second], axis=1)
    limit = metrics.best_threshold(distance[same], distance[~same])
    new_distance = np.linalg.norm(flat[new_first] - flat[new_second], axis=1)
    methods.append(_judged(DISTANCE, new_distance, new_same, limit, None))
    return PairReport(
        methods=tuple(methods),
        trained_pairs=len(same),
        tested_pairs=len(new_same),
        trained=tuple(data.names[person] for person in people.trained),
        held_out=tuple(data.names[person] for person in people.held_out),
    )


def _judged(
    name: str, distance: np.ndarray, same: np.ndarray, limit: float, weights: np.ndarray | None
) -> PairMethod:
    """distance: (N,), up to ``limit`` for the answer "the same person"."""
    alike, unlike = distance[same], distance[~same]
    roc = metrics.curves(alike, unlike)
    some = np.unique(np.linspace(0, len(roc.far) - 1, ROC_POINTS).round().astype(int))
    return PairMethod(
        name=name,
        accuracy=metrics.accuracy(alike, unlike, limit),
        auc=metrics.auc(alike, unlike),
        far=roc.far[some],
        tar=roc.tar[some],
        weights=weights,
    )
