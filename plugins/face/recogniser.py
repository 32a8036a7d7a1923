"""Pictures in, described faces out: detection, alignment and encoding by a chosen model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host import Context, UserError
from plugins.face import dlib_resnet
from plugins.face.alignment import align_by_box
from plugins.face.detector import Detector, main_face
from plugins.face.dlib_resnet import DlibFileError
from plugins.face.drawing import jpeg
from plugins.face.encoders import Encoder, make
from plugins.face.inception_resnet_v1 import FacenetFileError
from plugins.face.models import MODELS, FaceModel, known
from plugins.face.quality import notes
from plugins.face.results import Described, DescribedFace, Face

log = logging.getLogger(__name__)

PORTRAIT_SIZE = 160
PORTRAIT_MARGIN = 0.15  # of the box, on every side


@dataclass(frozen=True)
class Portrait:
    """An upright picture, its faces (at least one) and the one it is about."""

    image: np.ndarray
    faces: list[Face]
    chosen: int
    turned: int

    @property
    def face(self) -> Face:
        return self.faces[self.chosen]

    def notes(self, which: str) -> tuple[str, ...]:
        """Sentences on what makes an answer about this face less certain."""
        picture = f"the {which} picture" if which else "the picture"
        turned = (
            [f"{picture.capitalize()} was turned by {self.turned} degrees to find the face."]
            if self.turned
            else []
        )
        return (*turned, *notes(which, self.image, self.faces, self.chosen))


class Recogniser:
    """The detector and every model's encoder, loaded when first needed.

    device: TensorFlow's name of it. wanted: the model to use when none is named; None for the
    first of ``models.MODELS`` whose weights are here.
    """

    def __init__(self, context: Context, device: str, wanted: str | None = None) -> None:
        self._weights = context.weights
        self._device = device
        self._wanted = wanted
        self._encoders: dict[str, Encoder] = {}
        self.detector = Detector(device)

    # Models

    def path(self, model: FaceModel) -> Path | None:
        """The model's weights on this machine, or None."""
        if model.weights is None:
            return dlib_resnet.bundled_file()
        return self._weights.find(model.weights)

    def default_model(self) -> str:
        """Name of the model that answers when none is named: set, or the first one here.

        Raises UserError when no model's weights are here at all.
        """
        if self._wanted is not None:
            return self._wanted
        for model in MODELS:
            if self.path(model) is not None:
                return model.name
        raise UserError(
            "No face model is installed: install the face_recognition_models package, or get "
            "the published weights."
        )

    def model(self, name: str | None) -> FaceModel:
        """The named model, or the default one. Raises UserError for an unknown name."""
        return known(name or self.default_model())

    def encoder(self, model: FaceModel) -> Encoder:
        """Raises UserError when the weights are not here or damaged."""
        if model.name not in self._encoders:
            path = self.path(model)
            if path is None:
                raise UserError(
                    f"The weights of {model.title} are not on this machine: get them with the "
                    "button, or choose another model."
                    if model.weights
                    else "The face_recognition_models package, which brings the offline model, "
                    "is not installed."
                )
            try:
                self._encoders[model.name] = make(model, path, self._device)
            except (DlibFileError, FacenetFileError) as error:
                log.error("%s: %s", path, error)
                raise UserError(f"The weight file of {model.title} is damaged: {error}.") from error
        return self._encoders[model.name]

    def forget(self, name: str) -> None:
        """Load the model anew at its next use: its file has changed."""
        self._encoders.pop(name, None)

    # Faces

    def portrait(self, image: np.ndarray) -> Portrait | None:
        """The picture turned upright with its faces, or None when there is no face."""
        upright, faces, turned = self.detector.detect_upright(image)
        return Portrait(upright, faces, main_face(faces, upright.shape), turned) if faces else None

    def portraits(self, images: Sequence[np.ndarray], which: Sequence[str]) -> list[Portrait]:
        """The same for many; raises UserError that names the picture without a face."""
        found = []
        for image, name in zip(images, which, strict=True):
            portrait = self.portrait(image)
            if portrait is None:
                raise UserError(
                    f"No face was found in the {name} picture: use one where a face is upright, "
                    "well lit and not too small."
                )
            found.append(portrait)
        return found

    def crops(self, portraits: Sequence[Portrait], model: FaceModel) -> list[np.ndarray]:
        """The main faces as the model expects them, uint8 RGB."""
        align = self.encoder(model).align
        return [align(portrait.image, portrait.face) for portrait in portraits]

    def encode(self, crops: Sequence[np.ndarray], model: FaceModel) -> np.ndarray:
        """Aligned crops -> float32 (N, D)."""
        if not len(crops):
            return np.empty((0, model.dimension), np.float32)
        return self.encoder(model).encode(np.stack(crops))

    def describe(self, image: np.ndarray, model: FaceModel) -> Described:
        """Every face of a picture, encoded."""
        portrait = self.portrait(image)
        if portrait is None:
            return Described(image, (), 0, model.name)
        align = self.encoder(model).align
        crops = [align(portrait.image, face) for face in portrait.faces]
        encodings = self.encode(crops, model)
        return Described(
            portrait.image,
            tuple(
                DescribedFace(face, encoding, jpeg(cut_out(portrait.image, face)))
                for face, encoding in zip(portrait.faces, encodings, strict=True)
            ),
            portrait.chosen,
            model.name,
            portrait.notes(""),
        )


def cut_out(image: np.ndarray, face: Face) -> np.ndarray:
    """The face with some margin, for people to look at: uint8 RGB (160, 160, 3)."""
    left, top, right, bottom = face.box
    half = max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    return align_by_box(
        image, (x - half, y - half, x + half, y + half), PORTRAIT_SIZE, PORTRAIT_MARGIN
    )
