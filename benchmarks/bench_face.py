"""What faces cost: encoding against two other FaceNets, the search, a whole verification.

keras-facenet's and facenet-pytorch's networks get the values of our weights, which are random:
those do not change the time. Before anything is timed, their encodings must be ours. Ours is
timed as the plugin has it, normalisations folded, and from uint8 crops to encodings, as they are.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import mtcnn
import numpy as np
import tensorflow as tf
from face_torch import FacenetPytorch
from PIL import Image
from rows import ROOT, Row, compared, measured, report
from timing import alternate, seconds

from host import Host, images
from host.settings import Settings
from plugins.face import inception_resnet_v1
from plugins.face.detector import Detector
from plugins.face.encoders import Encoder, make
from plugins.face.models import BY_NAME

MODEL = BY_NAME["facenet-512"]
BATCHES = (1, 8, 32)
AGREEMENT = 1e-4  # of unit vectors
MISSING = "left out: {} is not installed (make benchmark installs it)"


def write_weights(path: Path) -> keras.Model:
    """A file of random weights as the published ones are laid out, and a network that has them."""
    rng = np.random.default_rng(0)
    network = inception_resnet_v1.build(MODEL.dimension)
    with h5py.File(path, "w") as file:
        with_weights = [layer for layer in network.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in with_weights]
        for layer in with_weights:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                spread = np.sqrt(2 / max(np.prod(weight.shape[:-1]), 1))
                values = rng.standard_normal(tuple(weight.shape)) * spread
                positive = "variance" in name
                group.create_dataset(name, data=np.abs(values) + 0.5 if positive else values)
    inception_resnet_v1.load_weights(network, path)
    return network


def agree(what: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Raises SystemExit unless they are the same encodings."""
    off = float(np.abs(ours - theirs).max())
    if not off <= AGREEMENT:
        raise SystemExit(f"{what} gives other encodings: {off:.1e} off.")


def encoding(
    encoder: Encoder, name: str, theirs: Callable[[np.ndarray], np.ndarray], rounds: int
) -> Iterator[Row]:
    """Rows against a network in this process."""
    for crops in map(random_crops, BATCHES):
        agree(name, encoder.encode(crops), theirs(crops))
        us, them = alternate(
            lambda crops=crops: seconds(lambda: encoder.encode(crops)) / len(crops),
            lambda crops=crops: seconds(lambda: theirs(crops)) / len(crops),
            rounds,
        )
        yield compared(f"FaceNet, {len(crops)} at once", name, us, them, "faces/s")


def random_crops(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 160, 160, 3), dtype=np.uint8)


def against_keras_facenet(
    encoder: Encoder, network: keras.Model, options: argparse.Namespace
) -> Iterator[Row]:
    if importlib.util.find_spec("keras_facenet") is None:
        yield Row("FaceNet against keras-facenet", note=MISSING.format("keras-facenet"))
        return
    from keras_facenet.inception_resnet_v1 import InceptionResNetV1

    peer = InceptionResNetV1(classes=MODEL.dimension)
    for layer in network.layers:
        if layer.weights:
            peer.get_layer(layer.name).set_weights(layer.get_weights())
    compiled = tf.function(lambda x: peer(x, training=False), reduce_retracing=True)

    def predict(crops: np.ndarray) -> np.ndarray:
        return peer.predict((np.float32(crops) - 127.5) / 128, verbose=0)

    def call(crops: np.ndarray) -> np.ndarray:
        return compiled(tf.constant((np.float32(crops) - 127.5) / 128)).numpy()

    yield from encoding(encoder, "keras-facenet, as it calls it", predict, options.rounds)
    yield from encoding(encoder, "keras-facenet's network, compiled", call, options.rounds)


def against_facenet_pytorch(
    encoder: Encoder, network: keras.Model, folder: Path, rounds: int
) -> Iterator[Row]:
    name = "facenet-pytorch"
    if importlib.util.find_spec("facenet_pytorch") is None:
        yield Row(f"FaceNet against {name}", note=MISSING.format(name))
        return
    with closing(FacenetPytorch(network, folder)) as peer:
        for crops in map(random_crops, BATCHES):
            peer.show(crops)
            agree(name, encoder.encode(crops), peer.encodings())
            us, them = alternate(
                lambda crops=crops: seconds(lambda: encoder.encode(crops)) / len(crops),
                lambda crops=crops: peer.seconds() / len(crops),
                rounds,
            )
            yield compared(f"FaceNet, {len(crops)} at once", name, us, them, "faces/s")


def first_answer(path: Path) -> float:
    """Load FaceNet and encode one face, in a process that has imported TensorFlow."""
    keras.backend.clear_session()
    return seconds(lambda: make(MODEL, path, "/CPU:0").encode(random_crops(1)))


def group_photo() -> np.ndarray:
    """20 faces on 12 megapixels."""
    people = [Image.open(path) for path in sorted((ROOT / "assets" / "face").glob("*_?.jpg"))]
    photo = Image.new("RGB", (4000, 3000), (110, 125, 105))
    for index in range(20):
        row, column = divmod(index, 5)
        person = people[index % len(people)].resize((343, 400))
        photo.paste(person, (200 + 750 * column, 150 + 700 * row))
    return np.asarray(photo)


def detection(rounds: int) -> Row:
    detector, peer, photo = Detector(), mtcnn.MTCNN(), group_photo()
    ours, theirs = len(detector.detect(photo)), len(peer.detect_faces(photo))
    us, them = alternate(
        lambda: seconds(lambda: detector.detect(photo)),
        lambda: seconds(lambda: peer.detect_faces(photo)),
        rounds,
    )
    note = f"found: {ours}, by mtcnn {theirs}"
    return compared("Search of 12 megapixels with 20 faces", "mtcnn's own", us, them, "ms", note)


def verification(folder: Path, rounds: int) -> Row:
    """Two pictures in, a verdict out, by a worker with the offline model."""
    first, second = ([images.load(ROOT / "assets" / "face" / f"anna_{n}.jpg")] for n in (1, 2))
    with Host(Settings(only=["face"], offline=True, cache=folder)) as host:
        backend = host.backend("face")

        def verify() -> float:
            return seconds(lambda: backend.verify(first, second, model="offline"))

        verify()
        return measured(
            "A whole verification, offline model", [verify() for _ in range(rounds)], "ms"
        )


def measure(options: argparse.Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / MODEL.weights.name
        network = write_weights(path)
        encoder = make(MODEL, path, "/CPU:0")
        yield from against_keras_facenet(encoder, network, options)
        yield from against_facenet_pytorch(encoder, network, folder, options.rounds)
        yield detection(max(options.rounds // 4, 1 if options.quick else 3))
        loads = [first_answer(path) for _ in range(3)]
        yield measured("FaceNet from its file to the first answer", loads)
        yield verification(folder, options.rounds)


if __name__ == "__main__":
    report(measure, __doc__, rounds=15)
