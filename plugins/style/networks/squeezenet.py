"""SqueezeNet v1.1 (Iandola et al. 2016): squeezed 1x1, then expanded 1x1 and 3x3 side by side."""

from __future__ import annotations

from pathlib import Path

import keras

from plugins.style.models import BY_NAME
from plugins.style.networks.graph import bgr_less, check, convolution, pool
from plugins.style.networks.network import Network, network_of
from plugins.style.networks.tensors import assign, read_layer_tensors

MEAN_BGR = (104.006, 116.669, 122.679)
"""ImageNet's mean as SqueezeNet was trained with it."""

# number of the fire module -> (channels squeezed to, channels of each expansion)
_FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
_POOLED_BEFORE = (2, 4, 6)


def squeezenet(weights: Path | None, pooling: str = "average", dtype: str = "float32") -> Network:
    """SqueezeNet v1.1 with the weights of keras-squeezenet's HDF5 file; random ones for None.

    It was trained with max pooling, 3x3 with stride 2 and no padding. Here convolutions and
    pooling are padded, so that the picture's last row and column are seen too: features away from
    the border are the original's where the sides are even at each scale.

    Raises ValueError when the file cannot be read, lacks a layer or holds it in another shape.
    """
    model = BY_NAME["squeezenet"]
    tensors = None if weights is None else read_layer_tensors(weights)
    whole = _squeezenet_model(model.layers, pooling, dtype)
    if tensors is not None:
        # the file says "fire2/squeeze1x1", which Keras takes for no layer's name any more
        renamed = {name.replace("/", "_"): tensor for name, tensor in tensors.items()}
        assign(whole, renamed, str(weights))
    return network_of(model, whole)


def _squeezenet_model(layers: tuple[str, ...], pooling: str, dtype: str) -> keras.Model:
    check(pooling, dtype)
    inputs = keras.Input((None, None, 3))
    x = convolution(64, 3, "conv1", dtype, stride=2)(bgr_less(MEAN_BGR, inputs))
    outputs = {"conv1": x}
    for number, (squeezed, expanded) in _FIRES.items():
        name = f"fire{number}"
        if number in _POOLED_BEFORE:
            x = pool(pooling, 3, dtype, f"pool{number - 1}")(x)
        x = convolution(squeezed, 1, f"{name}_squeeze1x1", dtype)(x)
        sides = [
            convolution(expanded, size, f"{name}_expand{size}x{size}", dtype)(x) for size in (1, 3)
        ]
        x = keras.layers.Concatenate(name=name, dtype=dtype)(sides)
        outputs[name] = x
    return keras.Model(inputs, [outputs[name] for name in layers], name="squeezenet")
