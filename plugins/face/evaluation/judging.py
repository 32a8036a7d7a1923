"""The figures of pairs of encodings."""

from __future__ import annotations

import numpy as np

from host import UserError
from plugins.face import metrics
from plugins.face.evaluation.encodings import Encodings
from plugins.face.evaluation.report import FacesFound, Histograms, Mistake, Report

FOLDS = 10
CHUNK = 1 << 16  # pairs whose encodings are gathered at once
CURVE_POINTS = 400
BINS = 100
WORST = 50  # mistakes listed of each kind


def judge(
    first: Encodings,
    second: Encodings,
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    folds: np.ndarray | None,
    model: str,
    protocol: str,
    notes: tuple[str, ...] = (),
) -> Report:
    """Judges pairs: rows ``left`` of ``first`` with rows ``right`` of ``second``.

    same: (N,) whether a pair shows one person. folds: (N,) integers; None to deal the pairs into
    ``FOLDS`` folds at random (seed 0), or fewer with fewer pairs of a kind.
    Raises UserError when there is no pair of one kind.
    """
    if not same.any():
        raise UserError(
            "There are no two pictures of one person to compare: put several pictures of a "
            "person into the folder with the person's name."
        )
    if same.all():
        raise UserError(
            "There are no pictures of two different people to compare: make a folder for each "
            "of several people."
        )
    distances = row_distances(first.values, second.values, left, right)
    near, far = distances[same], distances[~same]
    threshold = metrics.best_threshold(near, far)
    error: float | None = None
    if folds is None:
        folds = _deal(same)
        if folds is not None:
            notes += (
                f"The {folds.max() + 1} folds were dealt at random and share pictures: the "
                "standard error is a lower bound.",
            )
    if folds is None:
        accuracy = metrics.accuracy(near, far, threshold)
        notes += (
            "There are too few pairs for folds: the threshold was fitted on the very pairs it "
            "is judged on, which flatters the accuracy.",
        )
    else:
        judged = metrics.k_fold_accuracy(distances, same, folds)
        accuracy, error = judged.mean, judged.standard_error
    problems = first.problems + (() if second is first else second.problems)
    return Report(
        model=model,
        protocol=protocol,
        accuracy=accuracy,
        standard_error=error,
        auc=metrics.auc(near, far),
        eer=metrics.eer(near, far),
        tar_at_far_1e_2=metrics.tar_at_far(near, far, 1e-2),
        tar_at_far_1e_3=metrics.tar_at_far(near, far, 1e-3),
        threshold=threshold,
        folds=1 if folds is None else len(np.unique(folds)),
        pairs=len(distances),
        same=len(near),
        different=len(far),
        failures=len(problems),
        failed_pairs=int(np.isnan(distances).sum()),
        faces_found=_faces_found(near[np.isfinite(near)], far[np.isfinite(far)], threshold),
        curves=metrics.curves(near, far, _grid(near, far)),
        histograms=_histograms(near, far),
        worst=_worst(first.keys, second.keys, left, right, same, distances, threshold),
        problems=problems,
        notes=notes,
    )


def row_distances(
    first: np.ndarray, second: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Euclidean distance between rows ``left`` of ``first`` and rows ``right`` of ``second``."""
    out = np.empty(len(left), np.float32)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        gap = first[left[part]] - second[right[part]]
        out[part] = np.sqrt(np.einsum("nd,nd->n", gap, gap))
    return out


def _deal(same: np.ndarray) -> np.ndarray | None:
    """Folds of pairs with the kinds spread evenly, or None with too few pairs for two."""
    count = min(FOLDS, int(same.sum()), int((~same).sum()))
    if count < 2:
        return None
    rng = np.random.default_rng(0)
    folds = np.empty(len(same), np.int32)
    for kind in (same, ~same):
        folds[kind] = rng.permutation(np.arange(kind.sum()) % count)
    return folds


def _faces_found(near: np.ndarray, far: np.ndarray, threshold: float) -> FacesFound | None:
    if len(near) == 0 or len(far) == 0:
        return None
    return FacesFound(
        pairs=len(near) + len(far),
        accuracy=metrics.accuracy(near, far, threshold),
        auc=metrics.auc(near, far),
        eer=metrics.eer(near, far),
        tar_at_far_1e_2=metrics.tar_at_far(near, far, 1e-2),
        tar_at_far_1e_3=metrics.tar_at_far(near, far, 1e-3),
    )


def _grid(near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Rising thresholds from 0: half evenly spaced, half where FAR changes by equal factors."""
    finite = np.sort(far[np.isfinite(far)]).astype(float)
    top = float(np.nanmax(np.concatenate([near, far]), initial=1e-6))
    even = np.linspace(0, top, CURVE_POINTS // 2)
    if len(finite) == 0:
        return even
    ranks = np.geomspace(1, len(finite), CURVE_POINTS // 2).astype(int) - 1
    return np.unique(np.concatenate([even, finite[ranks]]))


def _histograms(near: np.ndarray, far: np.ndarray) -> Histograms:
    top = float(np.nanmax(np.concatenate([near, far]), initial=1e-6))
    edges = np.linspace(0, top * (1 + 1e-6), BINS + 1)
    same, different = (np.histogram(x[np.isfinite(x)], edges)[0] for x in (near, far))
    return Histograms(edges, same, different)


def _worst(
    first: tuple[str, ...],
    second: tuple[str, ...],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    distances: np.ndarray,
    threshold: float,
) -> tuple[Mistake, ...]:
    beyond = np.where(same, distances - threshold, threshold - distances)
    chosen: list[int] = []
    for kind in (same, ~same):
        wrong = np.flatnonzero(kind & ((beyond > 0) if kind is same else (beyond >= 0)))
        chosen += wrong[np.argsort(-beyond[wrong], kind="stable")[:WORST]].tolist()
    chosen.sort(key=lambda index: -float(beyond[index]))
    return tuple(
        Mistake(
            *(first[left[index]], second[right[index]], bool(same[index])),
            distance=float(distances[index]),
        )
        for index in chosen
    )
