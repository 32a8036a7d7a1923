"""A recognition model ready to use: aligned crops in, encodings out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from plugins.face import dlib_resnet, inception_resnet_v1
from plugins.face.alignment import align_by_box, align_by_landmarks
from plugins.face.models import FaceModel
from plugins.face.results import Face

BATCH = 32
FACENET_MARGIN = 0.15  # of the box, on every side; see align_by_box


class Encoder:
    """One model's network with its own alignment and scaling.

    ``align(image, face)``: the uint8 RGB crop (S, S, 3) this network expects.
    """

    def __init__(
        self,
        network: keras.Model,
        prepare: Callable[[np.ndarray], np.ndarray],
        align: Callable[[np.ndarray, Face], np.ndarray],
        device: str,
    ) -> None:
        self.align = align
        self._prepare = prepare
        self._device = device
        shape = (None, *network.input_shape[1:])
        # Compiled once for every batch size: five times as fast as calling layer by layer.
        self._network = tf.function(
            lambda x: network(x, training=False),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )

    def encode(self, crops: np.ndarray) -> np.ndarray:
        """uint8 (N, S, S, 3) -> float32 (N, D)."""
        parts = []
        for start in range(0, len(crops), BATCH):
            prepared = self._prepare(crops[start : start + BATCH])
            with tf.device(self._device):
                parts.append(self._network(tf.constant(prepared)).numpy())
        return np.concatenate(parts)


class MirrorEncoder(Encoder):
    """Averages each face's encoding with that of its mirror image.

    That takes twice as long and lets fewer strangers through: measured by
    scripts/face_calibrate.py with and without.
    """

    def encode(self, crops: np.ndarray) -> np.ndarray:
        both = super().encode(np.concatenate([crops, crops[:, :, ::-1]]))
        return (both[: len(crops)] + both[len(crops) :]) / 2


def make(model: FaceModel, path: Path, device: str) -> Encoder:
    """The encoder of ``model`` with the weights in ``path``.

    Raises DlibFileError or FacenetFileError for a file that is not this model's.
    """
    with tf.device(device):
        if model.weights is None:
            return MirrorEncoder(
                dlib_resnet.load(path),
                dlib_resnet.prepare,
                lambda image, face: align_by_landmarks(
                    image, face.landmarks, dlib_resnet.INPUT_SIZE
                ),
                device,
            )
        network = inception_resnet_v1.build(model.dimension)
        inception_resnet_v1.load_weights(network, path)
        network = inception_resnet_v1.fold(network)
    fixed = model.weights.name.startswith("2018")
    return Encoder(
        network,
        inception_resnet_v1.prepare_fixed if fixed else inception_resnet_v1.prepare_standardised,
        lambda image, face: align_by_box(
            image, face.box, inception_resnet_v1.INPUT_SIZE, FACENET_MARGIN
        ),
        device,
    )
