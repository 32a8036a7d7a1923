"""What faces cost, against keras-facenet's FaceNet and mtcnn's own search.

python benchmarks/bench_face.py [ROUNDS]

Both FaceNets get random weights: those do not change the time. Without keras-facenet our own
network, called as keras-facenet calls its own (``predict``), stands for it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import mtcnn
import numpy as np
from PIL import Image
from timing import alternate, machine, row

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from host import images
from host.testing import backend_context
from plugins.face import inception_resnet_v1
from plugins.face.backend import FaceBackend
from plugins.face.detector import Detector
from plugins.face.encoders import Encoder, make
from plugins.face.models import BY_NAME

MODEL = BY_NAME["facenet-512"]
BATCHES = (1, 8, 32)


def seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def write_weights(path: Path) -> None:
    """A file of random weights as the published ones are laid out."""
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


def peer_network() -> keras.Model:
    try:
        from keras_facenet.inception_resnet_v1 import InceptionResNetV1
    except ImportError:
        print(
            "keras-facenet is not installed: pip install --no-deps keras-facenet and "
            "pip install opencv-python-headless to compare with it.\n"
        )
        return inception_resnet_v1.build(MODEL.dimension)
    return InceptionResNetV1(classes=MODEL.dimension)


def group_photo() -> np.ndarray:
    """20 faces on 12 megapixels."""
    people = [Image.open(path) for path in sorted((ROOT / "assets" / "face").glob("*_?.jpg"))]
    photo = Image.new("RGB", (4000, 3000), (110, 125, 105))
    for index in range(20):
        row, column = divmod(index, 5)
        person = people[index % len(people)].resize((343, 400))
        photo.paste(person, (200 + 750 * column, 150 + 700 * row))
    return np.asarray(photo)


def first_answer(path: Path, crop: np.ndarray) -> float:
    """Load FaceNet and encode one face, in a process that has imported TensorFlow."""
    keras.backend.clear_session()
    return seconds(lambda: make(MODEL, path, "/CPU:0").encode(crop))


def encoding(encoder: Encoder, rounds: int) -> None:
    peer = peer_network()
    rng = np.random.default_rng(1)
    for batch in BATCHES:
        crops = rng.integers(0, 256, (batch, 160, 160, 3), dtype=np.uint8)

        def ours(crops: np.ndarray = crops) -> float:
            return seconds(lambda: encoder.encode(crops)) / len(crops)

        def theirs(crops: np.ndarray = crops) -> float:
            scaled = (np.float32(crops) - 127.5) / 127.5
            return seconds(lambda: peer.predict(scaled, verbose=0)) / len(crops)

        ours(), theirs()
        us, them = alternate(ours, theirs, rounds)
        print(row(f"FaceNet, a face, {batch} at once, ms", us, them, unit=1e-3))


def detection(rounds: int) -> None:
    detector, peer, photo = Detector(), mtcnn.MTCNN(), group_photo()
    detector.detect(photo), peer.detect_faces(photo)
    us, them = alternate(
        lambda: seconds(lambda: detector.detect(photo)),
        lambda: seconds(lambda: peer.detect_faces(photo)),
        max(rounds // 4, 3),
    )
    print(row("Search of 12 megapixels with 20 faces (mtcnn's own), ms", us, them, unit=1e-3))
    print(
        f"\nFound: {len(detector.detect(photo))} by us, {len(peer.detect_faces(photo))} by mtcnn."
    )


def main(rounds: int) -> None:
    print(f"Faces ({machine()})\n")
    print("| | Triptych | keras-facenet | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL.weights.name
        write_weights(path)
        encoder = make(MODEL, path, "/CPU:0")
        encoding(encoder, rounds)
        detection(rounds)
        crop = np.zeros((1, 160, 160, 3), np.uint8)
        loads = sorted(first_answer(path, crop) for _ in range(3))
        print(f"FaceNet from its file to the first answer: {loads[1]:.2f} s.")
        backend = FaceBackend(backend_context("face", Path(folder), model="offline"))
        pair = [images.load(ROOT / "assets" / "face" / f"anna_{n}.jpg") for n in (1, 2)]
        backend.verify(pair[:1], pair[1:])
        times = sorted(seconds(lambda: backend.verify(pair[:1], pair[1:])) for _ in range(rounds))
        print(f"A whole verification with the offline model: {1e3 * times[rounds // 2]:.0f} ms.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
