"""A model and its weights on this machine, as what turns pictures into encodings."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from host import UserError
from host.settings import Settings
from host.weights import WeightsStore
from plugins.face.evaluation.encodings import Encode
from plugins.face.models import BY_NAME, MODELS, FaceModel


def find_model(name: str | None, settings: Settings) -> tuple[FaceModel, Path]:
    """The model of that name, or the first one here for None, and its verified weight file.

    settings: of the app; they tell where weight files and its downloads are.
    Raises UserError where its weights are not on this machine; nothing is downloaded.
    """
    store = WeightsStore.of(settings)
    for model in MODELS if name is None else (BY_NAME[name],):
        if model.weights is None:
            with _quiet():
                from plugins.face import dlib_resnet
            path = dlib_resnet.bundled_file()
        else:
            path = store.find(model.weights)
        if path is not None:
            return model, path
    if name is None or model.weights is None:
        raise UserError("The face_recognition_models package, with the offline model, is missing.")
    raise UserError(
        f"The weights of {name} are not on this machine: put {model.weights.name} from "
        f"{model.weights.url} into a folder and name it with --weights."
    )


def make_encode(model: FaceModel, weights: Path) -> Encode:
    """Detection, alignment and encoding by ``model``, on a GPU where TensorFlow sees one.

    The networks are loaded at the first call. Raises UserError then for a damaged file.
    """
    networks: list[Encode] = []

    def encode(pictures: list[np.ndarray]) -> list[np.ndarray | None]:
        if not networks:
            networks.append(_load(model, weights))
        return networks[0](pictures)

    return encode


def _load(model: FaceModel, weights: Path) -> Encode:
    with _quiet():
        import tensorflow as tf

        from plugins.face.detector import Detector, main_face
        from plugins.face.encoders import make

        device = "/GPU:0" if tf.config.list_physical_devices("GPU") else "/CPU:0"
    try:
        encoder = make(model, weights, device)
    except ValueError as error:
        raise UserError(f"The weight file of {model.title} is damaged: {error}.") from error
    detector = Detector(device)

    def encode(pictures: list[np.ndarray]) -> list[np.ndarray | None]:
        crops: dict[int, np.ndarray] = {}
        for place, picture in enumerate(pictures):
            upright, faces, _ = detector.detect_upright(picture)  # as the page does
            if faces:
                crops[place] = encoder.align(upright, faces[main_face(faces, upright.shape)])
        found: list[np.ndarray | None] = [None] * len(pictures)
        if crops:
            encodings = encoder.encode(np.stack(list(crops.values())))
            for place, encoding in zip(crops, encodings, strict=True):
                found[place] = encoding
        return found

    return encode


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Imports TensorFlow without its chatter, part of which comes before it reads its log level."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
