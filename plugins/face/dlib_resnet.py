"""dlib's face-recognition ResNet, rebuilt in Keras from the published ``.dat`` file.

The network (Davis King, 2017, http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html)
is a ResNet of 29 convolutions that maps an aligned 150 x 150 face to 128 numbers; two faces are
taken for one person when their Euclidean distance is below 0.6. Its weights are in the public
domain (CC0) and come with the ``face_recognition_models`` package, so this model needs no
download.

The file is dlib's own serialisation of the C++ network object: for every layer, from the loss
inwards, a version number; then, from the input outwards, each layer's parameters and state.
Only numbers and tensors are read, nothing is executed, and every value is checked against the
architecture below, so a damaged file is an error and never a wrong network.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

INPUT_SIZE = 150
DIMENSION = 128
CHANNEL_MEANS = np.array([122.782, 117.001, 104.298], np.float32)
FILE_NAME = "dlib_face_recognition_resnet_model_v1.dat"

# (filters, halves the resolution?) of the residual blocks, from the input to the output.
BLOCKS: tuple[tuple[int, bool], ...] = (
    *((32, False),) * 3,
    (64, True),
    *((64, False),) * 3,
    (128, True),
    *((128, False),) * 2,
    (256, True),
    *((256, False),) * 2,
    (256, True),
)


class DlibFileError(ValueError):
    """The file is not a complete serialisation of this network."""


@dataclass(frozen=True)
class _Layer:
    """One layer as dlib serialises it. ``size`` is filters, pooling window or outputs."""

    kind: str
    size: int = 0
    inputs: int = 0
    kernel: int = 0
    stride: int = 1

    @property
    def padding(self) -> int:
        # dlib pads by half a kernel, except where the layer strides.
        return self.kernel // 2 if self.stride == 1 else 0


def _architecture() -> Iterator[_Layer]:
    """The layers in the order of computation."""
    yield _Layer("con", 32, inputs=3, kernel=7, stride=2)
    yield _Layer("affine", 32)
    yield _Layer("relu")
    yield _Layer("max_pool", 3, stride=2)
    channels = 32
    for filters, down in BLOCKS:
        yield _Layer("tag")
        yield _Layer("con", filters, inputs=channels, kernel=3, stride=2 if down else 1)
        yield _Layer("affine", filters)
        yield _Layer("relu")
        yield _Layer("con", filters, inputs=filters, kernel=3)
        yield _Layer("affine", filters)
        if down:
            yield _Layer("tag")
            yield _Layer("skip")
            yield _Layer("avg_pool", 2, stride=2)
        yield _Layer("add_prev")
        yield _Layer("relu")
        channels = filters
    yield _Layer("avg_pool", 0)
    yield _Layer("fc", DIMENSION, inputs=channels)


class _Reader:
    """dlib's primitive types, read from bytes; DlibFileError for anything unexpected."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise DlibFileError(f"the file ends at byte {len(self._data)}, within a value")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def integer(self) -> int:
        """A control byte (sign bit and length), then that many little-endian bytes."""
        (control,) = self._take(1)
        length = control & 0x0F
        if not 1 <= length <= 8 or control & 0x70:
            raise DlibFileError(f"byte {self._at - 1} does not begin an integer")
        value = int.from_bytes(self._take(length), "little")
        return -value if control & 0x80 else value

    def real(self) -> float:
        """Mantissa and exponent of two, as integers."""
        mantissa, exponent = self.integer(), self.integer()
        if abs(mantissa) >= 1 << 53 or abs(exponent) > 1023:
            raise DlibFileError(f"no finite number before byte {self._at}")
        return float(mantissa * 2.0**exponent)

    def expect(self, what: str, *values: int) -> None:
        for value in values:
            found = self.integer()
            if found != value:
                raise DlibFileError(
                    f"{what}: {value} expected and {found} found before byte {self._at}"
                )

    def expect_text(self, text: str) -> None:
        raw = text.encode("ascii")
        self.expect(f"length of {text!r}", len(raw))
        if self._take(len(raw)) != raw:
            raise DlibFileError(f"{text!r} expected before byte {self._at}")

    def flags(self, count: int) -> None:
        if set(self._take(count)) - set(b"01"):
            raise DlibFileError(f"a truth value expected before byte {self._at}")

    def tensor(self, *shape: int) -> np.ndarray:
        """A float32 tensor whose (samples, channels, rows, columns) must be ``shape``."""
        self.expect("tensor version", 2)
        self.expect("tensor shape", *shape)
        values = np.frombuffer(self._take(4 * int(np.prod(shape))), "<f4")
        if not np.isfinite(values).all():
            raise DlibFileError(f"a weight before byte {self._at} is not a finite number")
        return values.astype(np.float32)

    def empty_tensors(self, count: int) -> None:
        for _ in range(count):
            self.tensor(0, 0, 0, 0)

    def alias(self, *shape: int) -> None:
        """A view on a part of a layer's parameters: shape only."""
        self.expect("alias version", 1)
        self.expect("alias shape", *shape)

    def end(self) -> None:
        if self._at != len(self._data):
            raise DlibFileError(f"{len(self._data) - self._at} bytes too many")


def _read_layer(reader: _Reader, layer: _Layer) -> list[np.ndarray]:
    """Reads one layer's own part; returns its parameters."""
    size, kernel, inputs = layer.size, layer.kernel, layer.inputs
    if layer.kind == "con":
        count = size * inputs * kernel * kernel
        reader.expect_text("con_4")
        values = reader.tensor(count + size, 1, 1, 1)
        reader.expect("filters, kernel", size, kernel, kernel)
        reader.expect("stride, padding", *[layer.stride] * 2, *[layer.padding] * 2)
        reader.alias(size, inputs, kernel, kernel)
        reader.alias(1, size, 1, 1)
        for _ in range(4):  # learning-rate and weight-decay multipliers
            reader.real()
        kernels = values[:count].reshape(size, inputs, kernel, kernel)
        return [kernels.transpose(2, 3, 1, 0), values[count:]]
    if layer.kind == "affine":
        reader.expect_text("affine_")
        values = reader.tensor(2 * size, 1, 1, 1)
        reader.alias(1, size, 1, 1)
        reader.alias(1, size, 1, 1)
        reader.expect("affine mode", 0)
        return [values[:size], values[size:]]
    if layer.kind == "fc":
        reader.expect_text("fc_2")
        reader.expect("outputs, inputs", size, inputs)
        values = reader.tensor(inputs, size, 1, 1)
        reader.alias(inputs, size, 1, 1)
        reader.alias(0, 0, 0, 0)
        reader.expect("bias mode", 1)
        for _ in range(4):
            reader.real()
        return [values.reshape(inputs, size)]
    if layer.kind in ("max_pool", "avg_pool"):
        reader.expect_text(f"{layer.kind}_2")
        reader.expect("pooling", size, size, layer.stride, layer.stride, 0, 0)
        return []
    reader.expect_text({"relu": "relu_", "add_prev": "add_prev_"}[layer.kind])
    return []


def parse(data: bytes) -> list[np.ndarray]:
    """Weights of the network in the order of computation, as Keras lays them out.

    ``data``: the whole ``.dat`` file. For each convolution: kernel (rows, columns, in, out),
    bias (out,), scale (out,), shift (out,); last the projection (256, 128). All float32.

    Raises DlibFileError when the data is not exactly this network.
    """
    reader = _Reader(data)
    reader.expect("loss layer version", 1)
    reader.expect_text("loss_metric_2")
    reader.real()  # margin
    reader.real()  # distance threshold used in training
    plan = list(_architecture())
    for position, layer in reversed(list(enumerate(plan))):
        version = 1 if layer.kind in ("tag", "skip") else 3 if position == 0 else 2
        reader.expect(f"version of layer {position} ({layer.kind})", version)
    reader.expect_text("input_rgb_image_sized")
    for mean in CHANNEL_MEANS:
        if abs(reader.real() - mean) > 1e-3:
            raise DlibFileError("unexpected channel means")
    reader.expect("input size", INPUT_SIZE, INPUT_SIZE)
    weights: list[np.ndarray] = []
    for position, layer in enumerate(plan):
        if layer.kind in ("tag", "skip"):
            continue
        weights += _read_layer(reader, layer)
        reader.flags(3)
        reader.empty_tensors(3)  # gradients and cached output
        if position == 0:
            reader.expect("sample expansion factor", 1)
    reader.end()
    return weights


def build() -> keras.Model:
    """The network: (N, 150, 150, 3) prepared float32 pictures -> (N, 128) encodings.

    dlib's scale-and-shift layers are folded into the convolutions. Where the two arms of a
    block differ in size, dlib adds them as if the smaller one were padded with zeros at the
    bottom, the right and in the last channels.
    """
    image = layers.Input((INPUT_SIZE, INPUT_SIZE, 3), name="face")
    x = layers.Conv2D(32, 7, strides=2, activation="relu")(image)
    x = layers.MaxPooling2D(3, strides=2)(x)
    for filters, down in BLOCKS:
        shortcut = layers.AveragePooling2D(2)(x) if down else x
        x = layers.Conv2D(
            filters,
            3,
            strides=2 if down else 1,
            padding="valid" if down else "same",
            activation="relu",
        )(x)
        x = layers.Conv2D(filters, 3, padding="same")(x)
        shape = tuple(max(pair) for pair in zip(x.shape[1:], shortcut.shape[1:], strict=True))
        x = ops.relu(_pad_to(x, shape) + _pad_to(shortcut, shape))
    x = layers.GlobalAveragePooling2D()(x)
    encoding = layers.Dense(DIMENSION, use_bias=False)(x)
    return keras.Model(image, encoding, name="dlib_face_resnet")


def _pad_to(x: Any, shape: tuple[int, ...]) -> Any:
    if tuple(x.shape[1:]) == shape:
        return x
    return ops.pad(
        x, ((0, 0), *((0, want - have) for want, have in zip(shape, x.shape[1:], strict=True)))
    )


def load(path: Path) -> keras.Model:
    """The network with the weights of the ``.dat`` file at ``path``.

    Raises DlibFileError for a damaged or different file.
    """
    weights = parse(path.read_bytes())
    *convolutions, projection = weights
    folded: list[np.ndarray] = []
    for kernel, bias, scale, shift in zip(*[iter(convolutions)] * 4, strict=True):
        folded += [kernel * scale, bias * scale + shift]
    model = build()
    model.set_weights([*folded, projection])
    return model


def prepare(crops: np.ndarray) -> np.ndarray:
    """uint8 RGB (N, 150, 150, 3) -> what the network expects, float32."""
    return (crops.astype(np.float32) - CHANNEL_MEANS) / np.float32(256)


def bundled_file() -> Path | None:
    """The file inside the ``face_recognition_models`` package, or None where it is missing.

    The package is located and not imported: its own import needs ``pkg_resources``, which
    setuptools no longer brings.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "models" / FILE_NAME
    return path if path.is_file() else None
