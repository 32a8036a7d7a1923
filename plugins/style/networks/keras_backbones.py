"""Networks as ``keras.applications`` builds them, with their own preprocessing inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras

from plugins.style.models import BY_NAME
from plugins.style.networks.graph import check
from plugins.style.networks.network import Network, network_of
from plugins.style.networks.tensors import assign, named_by_order, read_layer_tensors


class _Backbone(NamedTuple):
    build: Callable[..., keras.Model]
    preprocess: Callable[[keras.KerasTensor], keras.KerasTensor]


_BACKBONES = {
    "resnet50": _Backbone(keras.applications.ResNet50, keras.applications.resnet.preprocess_input),
}
BACKBONES = tuple(_BACKBONES)


def keras_backbone(
    name: str, weights: Path | None, pooling: str = "average", dtype: str = "float32"
) -> Network:
    """The backbone of that name with the published weights in ``weights``; random ones for None.

    It pools as it was trained, whatever ``pooling`` says. The weights are read as plain tensors
    and given to the layers by name, or by their order where the file has no name that Keras knows;
    nothing in the file is run.

    Raises ValueError for a name not in :data:`BACKBONES`, and when the file cannot be read, lacks
    a layer or holds it in another shape.
    """
    check(pooling, dtype)
    if name not in _BACKBONES:
        raise ValueError(f"{name!r} is not one of {', '.join(BACKBONES)}")
    model, backbone = BY_NAME[name], _BACKBONES[name]
    tensors = None if weights is None else read_layer_tensors(weights)
    inputs = keras.Input((None, None, 3))
    body = backbone.build(weights=None, include_top=False, input_tensor=backbone.preprocess(inputs))
    if dtype != keras.config.dtype_policy().name:
        body = keras.models.clone_model(body, clone_function=lambda layer: _as(dtype, layer))
    if tensors is not None:
        assign(body, named_by_order(body, tensors), str(weights))
    outputs = [body.get_layer(layer).output for layer in model.layers]
    return network_of(model, keras.Model(body.inputs[0], outputs, name=name))


def _as(dtype: str, layer: keras.Layer) -> keras.Layer:
    """The layer anew, of another precision; plain arithmetic stays as it is."""
    if not isinstance(layer, keras.Layer):
        return layer
    return type(layer).from_config(layer.get_config() | {"dtype": dtype})
