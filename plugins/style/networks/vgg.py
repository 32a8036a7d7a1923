"""VGG16 and VGG19 (Simonyan and Zisserman 2014, configurations D and E)."""

from __future__ import annotations

from pathlib import Path

import keras

from plugins.style.models import BY_NAME
from plugins.style.networks.graph import bgr_less, check, convolution, pool
from plugins.style.networks.network import Network, network_of
from plugins.style.networks.tensors import assign, read_layer_tensors

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)

_FILTERS = (64, 128, 256, 512, 512)  # of each block


def vgg19_model(
    layers: tuple[str, ...], pooling: str = "average", dtype: str = "float32"
) -> keras.Model:
    """VGG19 as far as the deepest of ``layers``, with random weights.

    Input: (N, H, W, 3), RGB, 0..255, at least 32 pixels a side; turned to BGR less ImageNet's
    mean, as the published weights want it. It pools by the average unless told otherwise, as Gatys
    et al. 2016, section 2, who found the pictures nicer; it was trained with the maximum. Raises
    ValueError for a layer that VGG19 lacks.
    """
    return _vgg_model("vgg19", layers, pooling, dtype)


def vgg19(weights: Path | None, pooling: str = "average", dtype: str = "float32") -> Network:
    """VGG19 with the published weights in the HDF5 file ``weights``; random ones for None.

    Style and content layers are those of Gatys et al. 2016 (conv1_1 ... conv5_1 and conv4_2).
    Raises ValueError when the file cannot be read, lacks a layer or holds it in another shape.
    """
    return _vgg("vgg19", weights, pooling, dtype)


def vgg16(weights: Path | None, pooling: str = "average", dtype: str = "float32") -> Network:
    """VGG16, as :func:`vgg19`: layers of the same names, three convolutions in its deep blocks."""
    return _vgg("vgg16", weights, pooling, dtype)


def _vgg(name: str, weights: Path | None, pooling: str, dtype: str) -> Network:
    model = BY_NAME[name]
    tensors = None if weights is None else read_layer_tensors(weights)
    whole = _vgg_model(name, model.layers, pooling, dtype)
    if tensors is not None:
        assign(whole, tensors, str(weights))
    return network_of(model, whole)


def _vgg_model(name: str, layers: tuple[str, ...], pooling: str, dtype: str) -> keras.Model:
    check(pooling, dtype)
    known = BY_NAME[name]
    unknown = [layer for layer in layers if layer not in known.layers]
    if unknown:
        raise ValueError(f"{known.title} lacks {', '.join(unknown)}")
    inputs = keras.Input((None, None, 3))
    x = bgr_less(CAFFE_MEAN_BGR, inputs)
    outputs: dict[str, keras.KerasTensor] = {}
    for layer in known.layers:
        block = int(layer[len("block")])
        if block > 1 and layer.endswith("_conv1"):
            x = pool(pooling, 2, dtype, f"block{block - 1}_pool")(x)
        x = convolution(_FILTERS[block - 1], 3, layer, dtype)(x)
        outputs[layer] = x
    return keras.Model(inputs, [outputs[layer] for layer in layers], name=name)
