"""The face backend: detection, alignment, encoding and the decision."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from host import Context, Device, UserError
from host.weights import Progress
from plugins.face import dlib_resnet
from plugins.face.detector import Detector, main_face
from plugins.face.dlib_resnet import DlibFileError
from plugins.face.drawing import mark_faces
from plugins.face.encoders import Encoder, make
from plugins.face.inception_resnet_v1 import FacenetFileError
from plugins.face.models import BY_NAME, MODELS, FaceModel
from plugins.face.results import Face, ModelStatus, VerifyResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Portrait:
    """A picture, its faces and the one it is about."""

    image: np.ndarray
    faces: list[Face]
    chosen: int

    @property
    def face(self) -> Face:
        return self.faces[self.chosen]


class FaceBackend:
    """Compares faces. Pictures are uint8 RGB arrays (H, W, 3); nothing of them is kept.

    Settings: ``model``, the name of the model to use when none is asked for; left out, the
    first of ``models.MODELS`` whose weights are on this machine: a published one, or else the
    offline one.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._encoders: dict[str, Encoder] = {}
        wanted = context.settings.get("model")
        if wanted is not None and wanted not in BY_NAME:
            raise ValueError(f"face: model {wanted!r} is none of {', '.join(BY_NAME)}")
        self._wanted: str | None = wanted
        self._device, self._device_used = _usable(context.device)
        self._detector = Detector(self._device)
        try:
            self._warm_up(self.default_model())
        except UserError as error:  # the page works and each call says what is missing
            log.warning("%s", error)

    def _warm_up(self, name: str) -> None:
        """First calls compile; let no visitor wait for that."""
        size = 160
        grey = np.full((size, size, 3), 127, np.uint8)
        landmarks = np.array([[60, 60], [100, 60], [80, 85], [65, 105], [95, 105]], np.float32)
        face = Face((40, 30, 120, 130), landmarks, 1.0)
        encoder = self._encoder(name)
        encoder.encode(np.stack([encoder.align(grey, face)] * 2))
        self._detector.detect(grey)

    # Models

    def _path(self, model: FaceModel) -> Path | None:
        if model.weights is None:
            return dlib_resnet.bundled_file()
        return self._context.weights.find(model.weights)

    def default_model(self) -> str:
        """Name of the model that answers when none is named: set, or the first one here.

        Raises UserError when no model's weights are here at all.
        """
        if self._wanted is not None:
            return self._wanted
        for model in MODELS:
            if self._path(model) is not None:
                return model.name
        raise UserError(
            "No face model is installed: install the face_recognition_models package, or get "
            "the published weights."
        )

    def models(self) -> list[ModelStatus]:
        """Every model in the order of ``MODELS``, and whether it can answer now."""
        try:
            active = self.default_model()
        except UserError:
            active = ""
        return [
            ModelStatus(
                model.name,
                available=self._path(model) is not None,
                active=model.name == active,
            )
            for model in MODELS
        ]

    def fetch_weights(self, model: str) -> Iterator[Progress]:
        """Downloads a model's published weights; yields bytes done and in all.

        Raises UserError when that is impossible, such as without a connection.
        """
        weights = _known(model).weights
        if weights is None:
            raise UserError("This model comes with the app: there is nothing to download.")
        yield from self._context.weights.fetch(weights)
        self._encoders.pop(model, None)

    def _encoder(self, name: str) -> Encoder:
        if name not in self._encoders:
            model = _known(name)
            path = self._path(model)
            if path is None:
                raise UserError(
                    f"The weights of {model.title} are not on this machine: get them with the "
                    "button, or choose another model."
                    if model.weights
                    else "The face_recognition_models package, which brings the offline model, "
                    "is not installed."
                )
            try:
                self._encoders[name] = make(model, path, self._device)
            except (DlibFileError, FacenetFileError) as error:
                log.error("%s: %s", path, error)
                raise UserError(f"The weight file of {model.title} is damaged: {error}.") from error
        return self._encoders[name]

    # Faces

    def detect(self, image: np.ndarray) -> list[Face]:
        """The faces in a picture, biggest first; may be empty."""
        return self._detector.detect(image)

    def verify(
        self,
        first: np.ndarray,
        second: np.ndarray,
        threshold: float | None = None,
        model: str | None = None,
    ) -> VerifyResult:
        """Do both pictures show the same person?

        threshold: Euclidean distance up to which they count as the same; None for the model's.
        model: a name from ``models.MODELS``; None for :meth:`default_model`.

        Raises UserError when a picture shows no face, the model is not available or the
        threshold is no number from 0 up.
        """
        name = model or self.default_model()
        info = _known(name)
        limit = info.limit(threshold)
        encoder = self._encoder(name)
        portraits = [self._portrait(first, "first"), self._portrait(second, "second")]
        crops = [encoder.align(portrait.image, portrait.face) for portrait in portraits]
        one, two = encoder.encode(np.stack(crops))
        distance = float(np.linalg.norm(one - two))
        marked = [mark_faces(p.image, p.faces, p.chosen) for p in portraits]
        return VerifyResult(
            distance=distance,
            threshold=limit,
            same=distance <= limit,
            probability=info.probability(distance),
            model=name,
            first=marked[0],
            second=marked[1],
            first_crop=crops[0],
            second_crop=crops[1],
            notes=tuple(
                note
                for which, portrait in zip(("first", "second"), portraits, strict=True)
                for note in _notes(which, portrait)
            ),
        )

    def _portrait(self, image: np.ndarray, which: str) -> _Portrait:
        faces = self._detector.detect(image)
        if not faces:
            raise UserError(
                f"No face was found in the {which} picture: use one where a face is upright, "
                "well lit and not too small."
            )
        return _Portrait(image, faces, main_face(faces, image.shape))

    def health(self) -> dict[str, str]:
        try:
            active = BY_NAME[self.default_model()].title
        except UserError as error:
            active = str(error)
        return {"model": active, "device": self._device_used}


SMALL_FACE = 50  # pixels across; below, the crop is mostly interpolation


def _notes(which: str, portrait: _Portrait) -> Iterator[str]:
    if (count := len(portrait.faces)) > 1:
        yield (
            f"The {which} picture shows {count} faces: the one with the solid box was used, "
            "the biggest near the middle."
        )
    left, _, right, _ = portrait.face.box
    if right - left < SMALL_FACE:
        yield f"The face in the {which} picture is small, which makes the answer less certain."


def _usable(device: Device) -> tuple[str, str]:
    """TensorFlow's name of the device to use, and what a person should know it as.

    The host promises a GPU that the driver shows; a TensorFlow without CUDA cannot use it.
    """
    if device.kind == "cpu" or tf.config.list_physical_devices("GPU"):
        return device.tensorflow, str(device)
    used = "cpu (TensorFlow sees no GPU: its CUDA libraries are missing)"
    log.warning("face was given %s but runs on the %s", device, used)
    return "/CPU:0", used


def _known(name: str) -> FaceModel:
    if name not in BY_NAME:
        raise UserError(f"There is no face model {name!r}: choose {', '.join(BY_NAME)}.")
    return BY_NAME[name]
