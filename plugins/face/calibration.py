"""Error rates measured beforehand, as scripts/face_calibrate.py stores them for a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from host.shipped import shipped
from plugins.face.metrics import Curves

FOLDER = shipped("assets", "face", "models")


@dataclass(frozen=True)
class Calibration:
    """What was measured of a model.

    data: which pictures, and their terms. same, different: how many pairs of either kind.
    figures: accuracy, auc, eer, tar_at_far_1e-2, tar_at_far_1e-3, threshold, slope, ...
    curves: FAR and FRR over the thresholds.
    """

    model: str
    data: str
    same: int
    different: int
    figures: dict[str, Any]
    curves: Curves


@cache
def load(model: str, folder: Path = FOLDER) -> Calibration | None:
    """The calibration of the model of that name, or None where nobody has measured it."""
    try:
        stored = json.loads((folder / f"{model}.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    curves = stored.pop("curves")
    return Calibration(
        model=stored.pop("model"),
        data=stored.pop("data"),
        same=stored["same"],
        different=stored["different"],
        figures=stored,
        curves=Curves(*(np.array(curves[name]) for name in ("thresholds", "far", "frr"))),
    )
