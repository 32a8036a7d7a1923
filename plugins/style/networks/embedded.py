"""The small network that ships with Triptych."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from host.shipped import shipped
from plugins.style.models import BY_NAME
from plugins.style.networks.graph import check, convolution, pool
from plugins.style.networks.network import Network, network_of
from plugins.style.networks.tensors import assign, read_safetensors

EMBEDDED_WEIGHTS = shipped("assets", "style", "embedded.safetensors")
EMBEDDED_LAYERS = BY_NAME["embedded"].style_layers
"""The layers of the embedded network that were taught, shallow to deep, at strides 1 to 16."""
EMBEDDED_MEAN_RGB = (122.679, 116.669, 104.006)  # its teacher's, so that borders look alike
EMBEDDED_SCALE = 64.0

# (name, filters, pooled before)
_CONVOLUTIONS = (
    ("conv1", 32, False),
    ("conv2", 64, True),
    ("conv3_1", 64, True),
    ("conv3_2", 128, False),
    ("conv4_1", 96, True),
    ("conv4_2", 256, False),
    ("conv5_1", 96, True),
    ("conv5_2", 384, False),
)


def embedded_model(
    layers: tuple[str, ...] = EMBEDDED_LAYERS, pooling: str = "average", dtype: str = "float32"
) -> keras.Model:
    """The embedded network with random weights: eight 3x3 convolutions, pooling between scales.

    Input: (N, H, W, 3), RGB, 0..255, H and W at least 16. Outputs: the feature maps of ``layers``,
    never negative. It was taught with average pooling.
    """
    check(pooling, dtype)
    inputs = keras.Input((None, None, 3))
    x = (inputs - np.asarray(EMBEDDED_MEAN_RGB, np.float32)) * (1 / EMBEDDED_SCALE)
    outputs = {}
    for name, filters, pooled in _CONVOLUTIONS:
        if pooled:
            x = pool(pooling, 2, dtype, f"pool_before_{name}")(x)
        x = convolution(filters, 3, name, dtype)(x)
        outputs[name] = x
    return keras.Model(inputs, [outputs[name] for name in layers], name="embedded")


def embedded(
    weights: Path | None = EMBEDDED_WEIGHTS, pooling: str = "average", dtype: str = "float32"
) -> Network:
    """The embedded network with the tensors in ``weights``; random filters for None.

    Raises ValueError when the file cannot be read or holds other tensors than the network has.
    """
    model = BY_NAME["embedded"]
    tensors = None if weights is None else read_safetensors(weights)
    whole = embedded_model(model.layers, pooling, dtype)
    if tensors is not None:
        assign(whole, tensors, str(weights))
    return network_of(model, whole)
