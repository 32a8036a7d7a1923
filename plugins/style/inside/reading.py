"""From a visitor's picture to the feature maps of one layer."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from host import checks
from plugins.style.inside.receptive import stride_and_field
from plugins.style.inside.results import MAX_SIDE, Layer
from plugins.style.networks import Network
from plugins.style.pictures import checked, fitted, long_side


def looked_at(picture: object, what: str = "picture", side: int = MAX_SIDE) -> np.ndarray:
    """``picture`` if it is one, scaled down to at most ``side`` pixels. Raises UserError."""
    known = checked(picture, what)
    return fitted(known, min(side, long_side(known)))


def features(
    network: Network, layers: Sequence[str], picture: np.ndarray, device: str | None = None
) -> list[np.ndarray]:
    """Feature maps of ``picture`` (H, W, 3) in 0..255, float32 (h, w, C), one for each layer."""
    model = network.features(*layers)
    with tf.device(device):
        return [x.numpy()[0] for x in maps_of(model, tf.constant(picture[None], tf.float32))]


def maps_of(model: keras.Model, picture: tf.Tensor) -> list[tf.Tensor]:
    """The model's feature maps of (1, H, W, 3), float32 whatever it computes in."""
    return [tf.cast(x, tf.float32) for x in model(picture, training=False)]


def described(network: Network, name: str, shape: tuple[int, ...]) -> Layer:
    """What there is to say of a layer whose feature map is of ``shape`` (h, w, C)."""
    stride, field = stride_and_field(network.features(name))
    height, width, channels = shape
    return Layer(network.name, name, height, width, channels, stride, field)


def channel_of(channel: object, channels: int) -> int:
    """``channel`` as an index below ``channels``. Raises UserError."""
    return checks.whole("The channel", channel, 0, channels - 1)
