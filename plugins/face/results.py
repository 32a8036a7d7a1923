"""What the face backend answers with: numpy and plain values only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Face:
    """One found face.

    box: left, top, right, bottom in pixels of the picture, within it.
    landmarks: (5, 2) float32 pixels: left eye, right eye, nose, left and right mouth corner, as
        seen in the picture.
    confidence: the detector's, 0 to 1.
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray
    confidence: float

    @property
    def area(self) -> float:
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


@dataclass(frozen=True)
class VerifyResult:
    """The answer to "are these two faces the same person?".

    distance: Euclidean, between the two encodings.
    threshold: at or below it the faces count as the same person.
    same: ``distance <= threshold``.
    probability: that they are the same person, from 0 to 1, when both are equally likely
        beforehand; None for a model that has not been calibrated.
    model: name of the model that answered.
    first, second: the two pictures with every face marked, uint8 RGB.
    first_crop, second_crop: the aligned faces as the network saw them, uint8 RGB.
    notes: sentences for the visitor, such as that a picture holds several faces.
    """

    distance: float
    threshold: float
    same: bool
    probability: float | None
    model: str
    first: np.ndarray
    second: np.ndarray
    first_crop: np.ndarray
    second_crop: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelStatus:
    """Whether a model can answer now. ``active``: it is the one used when none is named."""

    name: str
    available: bool
    active: bool
