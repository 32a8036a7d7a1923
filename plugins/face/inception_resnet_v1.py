"""FaceNet's Inception-ResNet v1 and the loading of its published weights.

Architecture: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning", AAAI 2017, with the widths of davidsandberg/facenet. Face encodings by
such a network: Schroff et al., "FaceNet", CVPR 2015. Layers bear the names of the published
Keras 2 weight files, which are read by name, tensors only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

INPUT_SIZE = 160


class FacenetFileError(ValueError):
    """The file does not hold the weights of this network."""


def _convolution(
    x: Any,
    name: str,
    filters: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: str = "same",
) -> Any:
    x = layers.Conv2D(filters, kernel, strides=stride, padding=padding, use_bias=False, name=name)(
        x
    )
    x = layers.BatchNormalization(
        epsilon=1e-3, momentum=0.995, scale=False, name=f"{name}_BatchNorm"
    )(x)
    return layers.ReLU(name=f"{name}_Activation")(x)


def _residual(x: Any, branches: list[Any], name: str, scale: float, activate: bool = True) -> Any:
    """``x`` plus ``scale`` times the branches' mixture."""
    mixed = layers.Concatenate(name=f"{name}_Concatenate")(branches)
    mixed = layers.Conv2D(x.shape[-1], 1, name=f"{name}_Conv2d_1x1")(mixed)
    scaled = layers.Rescaling(scale, name=f"{name}_ScaleSum")(mixed)
    x = layers.Add(name=f"{name}_Add")([x, scaled])
    return layers.ReLU(name=f"{name}_Activation")(x) if activate else x


def _block35(x: Any, name: str) -> Any:
    b0 = _convolution(x, f"{name}_Branch_0_Conv2d_1x1", 32, 1)
    b1 = _convolution(x, f"{name}_Branch_1_Conv2d_0a_1x1", 32, 1)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0b_3x3", 32, 3)
    b2 = _convolution(x, f"{name}_Branch_2_Conv2d_0a_1x1", 32, 1)
    b2 = _convolution(b2, f"{name}_Branch_2_Conv2d_0b_3x3", 32, 3)
    b2 = _convolution(b2, f"{name}_Branch_2_Conv2d_0c_3x3", 32, 3)
    return _residual(x, [b0, b1, b2], name, 0.17)


def _block17(x: Any, name: str) -> Any:
    b0 = _convolution(x, f"{name}_Branch_0_Conv2d_1x1", 128, 1)
    b1 = _convolution(x, f"{name}_Branch_1_Conv2d_0a_1x1", 128, 1)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0b_1x7", 128, (1, 7))
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0c_7x1", 128, (7, 1))
    return _residual(x, [b0, b1], name, 0.10)


def _block8(x: Any, name: str, scale: float = 0.20, activate: bool = True) -> Any:
    b0 = _convolution(x, f"{name}_Branch_0_Conv2d_1x1", 192, 1)
    b1 = _convolution(x, f"{name}_Branch_1_Conv2d_0a_1x1", 192, 1)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0b_1x3", 192, (1, 3))
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0c_3x1", 192, (3, 1))
    return _residual(x, [b0, b1], name, scale, activate)


def _mixed_6a(x: Any) -> Any:
    name = "Mixed_6a"
    b0 = _convolution(x, f"{name}_Branch_0_Conv2d_1a_3x3", 384, 3, 2, "valid")
    b1 = _convolution(x, f"{name}_Branch_1_Conv2d_0a_1x1", 192, 1)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_0b_3x3", 192, 3)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_1a_3x3", 256, 3, 2, "valid")
    b2 = layers.MaxPooling2D(3, 2, name=f"{name}_Branch_2_MaxPool_1a_3x3")(x)
    return layers.Concatenate(name=name)([b0, b1, b2])


def _mixed_7a(x: Any) -> Any:
    name = "Mixed_7a"
    b0 = _convolution(x, f"{name}_Branch_0_Conv2d_0a_1x1", 256, 1)
    b0 = _convolution(b0, f"{name}_Branch_0_Conv2d_1a_3x3", 384, 3, 2, "valid")
    b1 = _convolution(x, f"{name}_Branch_1_Conv2d_0a_1x1", 256, 1)
    b1 = _convolution(b1, f"{name}_Branch_1_Conv2d_1a_3x3", 256, 3, 2, "valid")
    b2 = _convolution(x, f"{name}_Branch_2_Conv2d_0a_1x1", 256, 1)
    b2 = _convolution(b2, f"{name}_Branch_2_Conv2d_0b_3x3", 256, 3)
    b2 = _convolution(b2, f"{name}_Branch_2_Conv2d_1a_3x3", 256, 3, 2, "valid")
    b3 = layers.MaxPooling2D(3, 2, name=f"{name}_Branch_3_MaxPool_1a_3x3")(x)
    return layers.Concatenate(name=name)([b0, b1, b2, b3])


def build(dimension: int) -> keras.Model:
    """The network: (N, 160, 160, 3) prepared pictures -> (N, ``dimension``) unit vectors."""
    image = layers.Input((INPUT_SIZE, INPUT_SIZE, 3), name="face")
    x = _convolution(image, "Conv2d_1a_3x3", 32, 3, 2, "valid")
    x = _convolution(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
    x = _convolution(x, "Conv2d_2b_3x3", 64, 3)
    x = layers.MaxPooling2D(3, 2, name="MaxPool_3a_3x3")(x)
    x = _convolution(x, "Conv2d_3b_1x1", 80, 1, padding="valid")
    x = _convolution(x, "Conv2d_4a_3x3", 192, 3, padding="valid")
    x = _convolution(x, "Conv2d_4b_3x3", 256, 3, 2, "valid")
    for index in range(1, 6):
        x = _block35(x, f"Block35_{index}")
    x = _mixed_6a(x)
    for index in range(1, 11):
        x = _block17(x, f"Block17_{index}")
    x = _mixed_7a(x)
    for index in range(1, 6):
        x = _block8(x, f"Block8_{index}")
    x = _block8(x, "Block8_6", scale=1.0, activate=False)
    x = layers.GlobalAveragePooling2D(name="AvgPool")(x)
    x = layers.Dense(dimension, use_bias=False, name="Bottleneck")(x)
    x = layers.BatchNormalization(
        epsilon=1e-3, momentum=0.995, scale=False, name="Bottleneck_BatchNorm"
    )(x)
    x = layers.UnitNormalization(name="Normalize")(x)
    return keras.Model(image, x, name=f"facenet_{dimension}")


def fold(model: keras.Model) -> keras.Model:
    """The same function with less to compute, for inference.

    A batch normalisation (x - mean) / sqrt(variance + epsilon) + beta is a scale and a shift of
    the outputs of its convolution (or the Bottleneck), and goes into that layer's kernel and a
    bias; so does the scale of a residual. ``model`` is as :func:`build` makes it, its weights
    loaded; it stays as it is.
    """
    normalised = {
        layer.name.removesuffix("_BatchNorm"): layer
        for layer in model.layers
        if isinstance(layer, layers.BatchNormalization)
    }
    scaled = {
        layer.name.replace("_ScaleSum", "_Conv2d_1x1"): layer.scale
        for layer in model.layers
        if isinstance(layer, layers.Rescaling)
    }

    def biased(layer: Any) -> Any:
        options = {"use_bias": True} if layer.name in normalised else {}
        return type(layer).from_config({**layer.get_config(), **options})

    def skip(layer: Any, x: Any, *rest: Any, **options: Any) -> Any:
        gone = isinstance(layer, layers.BatchNormalization | layers.Rescaling)
        return x if gone else layer(x, *rest, **options)

    lean = keras.models.clone_model(model, clone_function=biased, call_function=skip)
    for layer in lean.layers:
        weights = model.get_layer(layer.name).get_weights()
        if normalisation := normalised.get(layer.name):
            beta, mean, variance = normalisation.get_weights()
            scale = 1 / np.sqrt(variance + normalisation.epsilon)
            weights = [weights[0] * scale, beta - mean * scale]
        layer.set_weights([part * scaled.get(layer.name, 1.0) for part in weights])
    return lean


def load_weights(model: keras.Model, path: Path) -> None:
    """Fills ``model`` from a published Keras 2 HDF5 weights file, layer by layer, by name.

    Raises FacenetFileError when the file is damaged, misses a layer or a tensor, has one that
    the network lacks, or one of another shape; the model is then as it was, unless the tensors
    themselves could not be read.
    """
    try:
        with h5py.File(path, "r") as file:
            _fill(model, file)
    except (OSError, RuntimeError, KeyError) as error:
        raise FacenetFileError(f"{path.name} cannot be read as HDF5 weights: {error}") from error


def _fill(model: keras.Model, file: h5py.File) -> None:
    wanted = {layer.name: layer for layer in model.layers if layer.weights}
    found = {name: _tensors(file[name]) for name in _names(file, "layer_names")}
    found = {name: tensors for name, tensors in found.items() if tensors}
    if missing := sorted(wanted.keys() - found.keys()):
        raise FacenetFileError(f"the file lacks {len(missing)} layers, such as {missing[0]}")
    if extra := sorted(found.keys() - wanted.keys()):
        raise FacenetFileError(f"the file has {len(extra)} unknown layers, such as {extra[0]}")
    for name, layer in wanted.items():
        tensors = found[name]
        parts = [variable.name for variable in layer.weights]
        if sorted(parts) != sorted(tensors):
            raise FacenetFileError(f"layer {name} has {sorted(tensors)}, not {sorted(parts)}")
        for variable in layer.weights:
            tensor = tensors[variable.name]
            if tensor.shape != tuple(variable.shape) or tensor.dtype.kind != "f":
                raise FacenetFileError(
                    f"{name}/{variable.name} is {tensor.dtype} {tensor.shape}, "
                    f"not float {tuple(variable.shape)}"
                )
    for name, layer in wanted.items():
        layer.set_weights([np.asarray(found[name][v.name], np.float32) for v in layer.weights])


def _names(group: h5py.Group, attribute: str) -> list[str]:
    if attribute not in group.attrs:
        raise FacenetFileError(f"no {attribute!r}: not a Keras 2 weights file")
    return [
        name.decode("utf-8") if isinstance(name, bytes) else str(name)
        for name in np.ravel(group.attrs[attribute])
    ]


def _tensors(group: Any) -> dict[str, h5py.Dataset]:
    """Short name ("kernel") -> dataset of the weights that ``group`` lists."""
    if not isinstance(group, h5py.Group):
        raise FacenetFileError(f"{group.name} is not a layer")
    tensors = {}
    for name in _names(group, "weight_names"):
        tensor = group[name]
        if not isinstance(tensor, h5py.Dataset):
            raise FacenetFileError(f"{group.name}: {name} is not a tensor")
        tensors[name.rsplit("/", 1)[-1].split(":")[0]] = tensor
    return tensors


def prepare_fixed(crops: np.ndarray) -> np.ndarray:
    """The 2018 models' scaling of uint8 RGB: (x - 127.5) / 128."""
    return (crops.astype(np.float32) - np.float32(127.5)) / np.float32(128)


def prepare_standardised(crops: np.ndarray) -> np.ndarray:
    """The 2017 models' scaling: each picture to mean 0 and deviation 1.

    The deviation is at least 1 / sqrt(values), so that an even picture does not divide by zero.
    """
    x = crops.astype(np.float32)
    axes = tuple(range(1, x.ndim))
    count = float(np.prod(x.shape[1:]))
    deviation = np.maximum(x.std(axis=axes, keepdims=True), 1 / np.sqrt(count))
    return ((x - x.mean(axis=axes, keepdims=True)) / deviation).astype(np.float32)
