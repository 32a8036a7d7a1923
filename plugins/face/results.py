"""What the face backend answers with: numpy and plain values only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.face.gallery import Match


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
    first_encoding, second_encoding: float32 (D,), what the distance is between.
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
    first_encoding: np.ndarray
    second_encoding: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DescribedFace:
    """A found face with all that recognition needs of it.

    encoding: float32 (D,). portrait: the face cut out with some margin, a JPEG file.
    """

    face: Face
    encoding: np.ndarray
    portrait: bytes


@dataclass(frozen=True)
class Described:
    """A picture and every face in it, biggest first; may be none.

    image: uint8 RGB, turned upright if that was needed to find a face.
    chosen: index of the face the picture is most likely about; meaningless without faces.
    model: whose encodings these are.
    notes: sentences for the visitor about the chosen face.
    """

    image: np.ndarray
    faces: tuple[DescribedFace, ...]
    chosen: int
    model: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonPicture:
    """One picture of a visitor's zip of people.

    person: the folder's name, "" where that cannot be one. name: of the file.
    model: whose encoding it is. encoding, portrait: as in :class:`DescribedFace`. crop: the
    aligned face, uint8 RGB. Where there is no face, ``problem`` says why.
    """

    person: str
    name: str
    model: str
    encoding: np.ndarray | None = None
    portrait: bytes = b""
    crop: np.ndarray | None = None
    problem: str = ""


@dataclass(frozen=True)
class Identified:
    """Who one face of a picture is.

    name: the nearest person if they are near enough, else None: nobody known.
    candidates: the nearest people, nearest first, whether near enough or not.
    """

    face: Face
    name: str | None
    candidates: tuple[Match, ...]


@dataclass(frozen=True)
class ModelStatus:
    """Whether a model can answer now: ``ready`` when its weights are on this machine.

    name: of one of :data:`plugins.face.models.MODELS`. active: it is the one used when none is
    named.
    """

    name: str
    ready: bool
    active: bool
