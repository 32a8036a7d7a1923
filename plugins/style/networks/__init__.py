"""The networks whose features say what a picture shows and how it is painted.

A :class:`Network` is a Keras model from RGB pictures to the feature maps of the layers that the
losses read. :data:`plugins.style.models.MODELS` lists them; :func:`build` makes one by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from plugins.style.models import BY_NAME
from plugins.style.networks.embedded import (
    EMBEDDED_LAYERS,
    EMBEDDED_MEAN_RGB,
    EMBEDDED_SCALE,
    EMBEDDED_WEIGHTS,
    embedded,
    embedded_model,
)
from plugins.style.networks.keras_backbones import BACKBONES, keras_backbone
from plugins.style.networks.network import Network
from plugins.style.networks.squeezenet import squeezenet
from plugins.style.networks.tensors import read_layer_tensors
from plugins.style.networks.vgg import vgg16, vgg19, vgg19_model

__all__ = [
    "EMBEDDED_LAYERS",
    "EMBEDDED_MEAN_RGB",
    "EMBEDDED_SCALE",
    "EMBEDDED_WEIGHTS",
    "VGG19_WEIGHTS",
    "Network",
    "build",
    "embedded",
    "embedded_model",
    "keras_backbone",
    "read_layer_tensors",
    "squeezenet",
    "vgg16",
    "vgg19",
    "vgg19_model",
]

_vgg19_weights = BY_NAME["vgg19"].weights
assert _vgg19_weights is not None
VGG19_WEIGHTS = _vgg19_weights

_BUILDERS: dict[str, Callable[..., Network]] = {
    "embedded": embedded,
    "vgg16": vgg16,
    "vgg19": vgg19,
    "squeezenet": squeezenet,
    **{name: partial(keras_backbone, name) for name in BACKBONES},
}


def build(
    name: str, weights: Path | None = None, pooling: str = "average", dtype: str = "float32"
) -> Network:
    """The network of that name, read at its own style and content layers.

    weights: its file; None takes the file that ships with Triptych for "embedded", random weights
    for the others.
    pooling: "average" or "max"; the networks of ``keras.applications`` (resnet50) keep their own.
    dtype: "float32", or "mixed_bfloat16" to compute in bfloat16 with weights in float32.

    Raises ValueError for a name, pooling or dtype that there is not, and for a file that cannot be
    read or is of another network.
    """
    if name not in _BUILDERS:
        raise ValueError(f"there is no network {name!r}; there are {', '.join(_BUILDERS)}")
    if name == "embedded" and weights is None:
        weights = EMBEDDED_WEIGHTS
    return _BUILDERS[name](weights, pooling, dtype)
