"""The report of an evaluation: its figures, curves and mistakes, also as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugins.face.metrics import Curves


@dataclass(frozen=True)
class Histograms:
    """How many pairs have a distance in each of the bins between ``edges`` (B + 1,)."""

    edges: np.ndarray
    same: np.ndarray
    different: np.ndarray


@dataclass(frozen=True)
class Mistake:
    """A pair decided wrongly at the report's threshold."""

    first: str
    second: str
    same: bool
    distance: float


@dataclass(frozen=True)
class FacesFound:
    """Figures of the pairs in which both faces were found; ``accuracy`` at the best threshold."""

    pairs: int
    accuracy: float
    auc: float
    eer: float
    tar_at_far_1e_2: float | None
    tar_at_far_1e_3: float | None

    def figures(self) -> dict[str, Any]:
        return {name.replace("1e_", "1e-"): value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Report:
    """What came out of an evaluation. Rates are shares from 0 to 1.

    accuracy: mean over the folds, each judged at the threshold of the others; same and different
        pairs weigh equally. With one fold, that of ``threshold`` on the very pairs it was
        fitted on.
    standard_error: of that mean; None with one fold.
    tar_at_far_1e_2, tar_at_far_1e_3: None with too few different pairs to say.
    threshold: the best one for all pairs together.
    pairs: how many were judged, ``same`` of one person and ``different`` of two people.
    failures: pictures without an encoding; failed_pairs: pairs that hold such a picture, which
        are errors in every figure (see :mod:`plugins.face.metrics`).
    faces_found: what the figures would be without those; None when no pair of a kind is left.
    curves: at a few hundred thresholds.
    worst: the mistakes furthest beyond the threshold, so many of each kind at most; pairs
        without an encoding are not among them.
    problems: (key, sentence) of every failure.
    notes: sentences on what else a reader should know.
    """

    model: str
    protocol: str
    accuracy: float
    standard_error: float | None
    auc: float
    eer: float
    tar_at_far_1e_2: float | None
    tar_at_far_1e_3: float | None
    threshold: float
    folds: int
    pairs: int
    same: int
    different: int
    failures: int
    failed_pairs: int
    faces_found: FacesFound | None
    curves: Curves
    histograms: Histograms
    worst: tuple[Mistake, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, Any]:
        """The figures alone, as plain values under the names that programs are promised."""
        return {
            "accuracy": self.accuracy,
            "standard_error": self.standard_error,
            "auc": self.auc,
            "eer": self.eer,
            "tar_at_far_1e-2": self.tar_at_far_1e_2,
            "tar_at_far_1e-3": self.tar_at_far_1e_3,
            "threshold": self.threshold,
            "model": self.model,
            "protocol": self.protocol,
            "folds": self.folds,
            "pairs": self.pairs,
            "same": self.same,
            "different": self.different,
            "failures": self.failures,
            "failed_pairs": self.failed_pairs,
        }

    def to_json(self) -> str:
        """Everything, as one JSON object."""
        return json.dumps(
            {
                **self.figures(),
                "faces_found": self.faces_found and self.faces_found.figures(),
                "notes": self.notes,
                "curves": {
                    "thresholds": self.curves.thresholds.tolist(),
                    "far": self.curves.far.tolist(),
                    "frr": self.curves.frr.tolist(),
                },
                "histograms": {
                    "edges": self.histograms.edges.tolist(),
                    "same": self.histograms.same.tolist(),
                    "different": self.histograms.different.tolist(),
                },
                "worst": [vars(mistake) for mistake in self.worst],
                "problems": [{"picture": key, "problem": text} for key, text in self.problems],
            },
            indent=1,
            allow_nan=False,
        )
