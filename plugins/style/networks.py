"""The networks whose features say what a picture shows and how it is painted.

A :class:`Network` is a Keras model from RGB pictures to the feature maps of the layers that the
losses read. There are two: VGG19 on its published ImageNet weights, and the small network that
ships with Triptych and answers where those weights are not at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
from safetensors.numpy import load_file

from host.weights import WeightFile

VGG19_WEIGHTS = WeightFile(
    name="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    url="https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    hash="md5:253f8cb515780f3b799900260a226db6",
    size=80_134_624,
    licence="CC BY 4.0",
    source="Visual Geometry Group, University of Oxford (Simonyan and Zisserman 2014), "
    "as converted for Keras applications",
)
EMBEDDED_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "style" / "embedded.safetensors"


@dataclass(frozen=True)
class Network:
    """A feature extractor and what the losses read of it.

    name: "embedded" or "vgg19".
    model: maps RGB pictures (N, H, W, 3), float32 in 0..255, to a list of feature maps, one for
        each name in ``layers``.
    layers: the names of the model's outputs, shallow to deep.
    style_weights: layer -> its share in the style loss; the shares add up to 1.
    content_weights: layer -> its share in the content loss; the shares add up to 1.
    """

    name: str
    model: keras.Model
    layers: tuple[str, ...]
    style_weights: Mapping[str, float]
    content_weights: Mapping[str, float]

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return int(self.model.count_params())


# --- the embedded network -------------------------------------------------------------------

EMBEDDED_LAYERS = ("conv1", "conv2", "conv3_2", "conv4_2", "conv5_2")
"""The layers of the embedded network that were taught, shallow to deep, at strides 1 to 16."""
EMBEDDED_MEAN_RGB = (122.679, 116.669, 104.006)  # its teacher's, so that borders look alike
EMBEDDED_SCALE = 64.0

# (name, filters, pooled before)
_EMBEDDED = (
    ("conv1", 32, False),
    ("conv2", 64, True),
    ("conv3_1", 64, True),
    ("conv3_2", 128, False),
    ("conv4_1", 96, True),
    ("conv4_2", 256, False),
    ("conv5_1", 96, True),
    ("conv5_2", 384, False),
)


def embedded_model() -> keras.Model:
    """The embedded network with random weights: eight 3x3 convolutions, average pooling.

    Input: (N, H, W, 3), RGB, 0..255, H and W at least 16. Outputs: the feature maps of
    :data:`EMBEDDED_LAYERS`, never negative.
    """
    inputs = keras.Input((None, None, 3))
    x = (inputs - np.asarray(EMBEDDED_MEAN_RGB, np.float32)) * (1 / EMBEDDED_SCALE)
    outputs = {}
    for name, filters, pooled in _EMBEDDED:
        if pooled:
            x = keras.layers.AveragePooling2D(2, padding="same")(x)
        x = keras.layers.Conv2D(
            filters, 3, padding="same", activation="relu", name=name, kernel_initializer="he_normal"
        )(x)
        outputs[name] = x
    return keras.Model(inputs, [outputs[name] for name in EMBEDDED_LAYERS], name="embedded")


def embedded(weights: Path | None = EMBEDDED_WEIGHTS) -> Network:
    """The embedded network with the tensors in ``weights``; random filters for None.

    Raises ValueError when the file holds other tensors than the network has.
    """
    model = embedded_model()
    if weights is not None:
        _assign(model, load_file(weights), str(weights))
    return Network(
        name="embedded",
        model=model,
        layers=EMBEDDED_LAYERS,
        style_weights=dict.fromkeys(EMBEDDED_LAYERS, 0.2),
        content_weights={"conv4_2": 1.0},
    )


# --- VGG19 ----------------------------------------------------------------------------------

VGG19_STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
VGG19_CONTENT_LAYER = "block4_conv2"

_VGG19_BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def vgg19_model(layers: tuple[str, ...]) -> keras.Model:
    """VGG19 (Simonyan and Zisserman 2014) as far as the deepest of ``layers``, random weights.

    Input: (N, H, W, 3), RGB, 0..255, at least 32 pixels a side; turned to BGR less ImageNet's
    mean, as the published weights want it. It pools by the average, not the maximum, as Gatys et
    al. 2016, section 2, who found the pictures nicer. Raises ValueError for a layer that VGG19
    lacks.
    """
    inputs = keras.Input((None, None, 3))
    x = inputs[..., ::-1] - np.asarray(_CAFFE_MEAN_BGR, np.float32)
    outputs: dict[str, keras.KerasTensor] = {}
    for block, (depth, filters) in enumerate(_VGG19_BLOCKS, 1):
        for conv in range(1, depth + 1):
            name = f"block{block}_conv{conv}"
            x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
            outputs[name] = x
            if all(layer in outputs for layer in layers):
                return keras.Model(inputs, [outputs[layer] for layer in layers], name="vgg19")
        x = keras.layers.AveragePooling2D(2, padding="same", name=f"block{block}_pool")(x)
    raise ValueError(f"VGG19 lacks {', '.join(layer for layer in layers if layer not in outputs)}")


def vgg19(weights: Path) -> Network:
    """VGG19 with the published weights in the HDF5 file ``weights``.

    Style and content layers are those of Gatys et al. 2016 (conv1_1 ... conv5_1 and conv4_2).
    Raises ValueError when the file lacks a layer or holds it in another shape.
    """
    layers = (*VGG19_STYLE_LAYERS[:4], VGG19_CONTENT_LAYER, VGG19_STYLE_LAYERS[4])
    model = vgg19_model(layers)
    _assign(model, read_layer_tensors(weights), str(weights))
    return Network(
        name="vgg19",
        model=model,
        layers=layers,
        style_weights=dict.fromkeys(VGG19_STYLE_LAYERS, 0.2),
        content_weights={VGG19_CONTENT_LAYER: 1.0},
    )


def read_layer_tensors(path: Path) -> dict[str, np.ndarray]:
    """The convolutions in a Keras HDF5 file as ``{"layer.kernel": ..., "layer.bias": ...}``.

    Reads plain numeric data sets only. The files of different years name them differently
    ("conv_W_1:0", "conv/kernel:0"), so a layer's kernel is its one data set of rank 4 and its
    bias the one of rank 1.
    """
    tensors: dict[str, np.ndarray] = {}

    def take(layer: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and item.ndim in (1, 4):
            tensors[f"{layer}.{'kernel' if item.ndim == 4 else 'bias'}"] = item[()]

    with h5py.File(path, "r") as file:
        for layer, group in file.items():
            if isinstance(group, h5py.Group):
                group.visititems(lambda _, item, layer=layer: take(layer, item))
    return tensors


def _assign(model: keras.Model, tensors: Mapping[str, np.ndarray], source: str) -> None:
    """Give each convolution of ``model`` its kernel and bias by name."""
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        values = []
        for part, variable in (("kernel", layer.kernel), ("bias", layer.bias)):
            value = tensors.get(f"{layer.name}.{part}")
            shape = tuple(variable.shape)
            if value is None or value.shape != shape:
                found = "is missing" if value is None else f"has shape {value.shape}"
                raise ValueError(f"{source}: {layer.name}.{part} {found}, not {shape}")
            values.append(value.astype(np.float32))
        layer.set_weights(values)
