"""The preview's network: features with exchanged statistics in, a picture out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from host.shipped import shipped
from plugins.style.networks import EMBEDDED_LAYERS

PREVIEW_WEIGHTS = shipped("assets", "style", "preview.safetensors")
STRIDE = 16  # of the deepest features; pictures are padded to a multiple of it

_SCALE = 64.0  # grey levels in one unit of the decoder's input and output
_FAINT = 0.02  # share of the mean variance; directions that vary less are not blown up
_TINY = 1e-4
_MANY = 256  # channels

# (layer, channels kept of it, channels and number of convolutions at its scale), deep to shallow
_STAGES = (
    ("conv5_2", 96, 96, 1),
    ("conv4_2", 128, 144, 2),
    ("conv3_2", 64, 80, 2),
    ("conv2", 32, 40, 1),
    ("conv1", 16, 16, 1),
)


Moments = tuple[tf.Tensor, tf.Tensor]
"""Mean (N, 1, C) and covariance (N, C, C) of the channels of a feature map."""


def moments(features: tf.Tensor) -> Moments:
    """Mean (N, 1, C) and covariance (N, C, C) over the positions of feature maps (N, H, W, C)."""
    rows = _rows(features)
    mean = tf.reduce_mean(rows, 1, keepdims=True)
    rows -= mean
    count = tf.cast(tf.shape(rows)[1], rows.dtype)
    return mean, tf.matmul(rows, rows, transpose_a=True) / count


def exchanged(features: tf.Tensor, style: Moments) -> tf.Tensor:
    """Feature maps (N, H, W, C) with the mean and covariance in ``style`` instead of their own.

    The map is that of :func:`plugins.style.preview.colours.linear_map`. Few positions cannot tell
    the covariance of many channels: then each channel is scaled on its own, as in AdaIN (Huang and
    Belongie 2017, equation 8).
    """
    mean, theirs = style
    own_mean, own = moments(features)
    size = tf.linalg.trace(own) + tf.linalg.trace(theirs)
    faint = _FAINT * size / (2 * features.shape[-1]) + _TINY
    rows = _rows(features) - own_mean
    if features.shape[-1] > _MANY:
        ours, wanted = (tf.linalg.diag_part(c) + faint[:, None] for c in (own, theirs))
        rows *= tf.sqrt(wanted / ours)[:, None]
    else:
        floor = faint[:, None, None] * tf.eye(features.shape[-1])
        root, inverse = _roots(own + floor, faint)
        middle, _ = _roots(root @ (theirs + floor) @ root, faint**2)
        rows = rows @ (inverse @ middle @ inverse)
    return tf.reshape(rows + mean, tf.shape(features))


def decoder(widths: Sequence[int]) -> keras.Model:
    """The decoder with random weights; ``widths`` are the channels of each of EMBEDDED_LAYERS.

    Inputs: the feature maps of EMBEDDED_LAYERS with exchanged statistics, shallow to deep, and the
    picture (N, H, W, 3), 0..255, that they were read from, H and W multiples of :data:`STRIDE`.
    Output: what to add to the picture, (N, H, W, 3) in grey levels. Untrained, it adds nothing.
    """
    inputs = {
        name: keras.Input((None, None, width))
        for name, width in zip(EMBEDDED_LAYERS, widths, strict=True)
    }
    picture = keras.Input((None, None, 3))
    x = None
    for name, kept, filters, depth in _STAGES:
        parts = [_convolution(kept, 1, f"{name}_kept")(inputs[name])]
        if x is not None:
            # nearest neighbour and a convolution, not a strided one, which leaves checkerboards
            parts.append(keras.layers.UpSampling2D(2)(x))
        if name == EMBEDDED_LAYERS[0]:
            parts.append((picture - 128.0) * (1 / _SCALE))
        x = keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
        for number in range(1, depth + 1):
            x = _convolution(filters, 3, f"{name}_mixed_{number}")(x)
    change = keras.layers.Conv2D(
        3, 3, padding="same", kernel_initializer="zeros", name="change", dtype="float32"
    )(x)
    return keras.Model([*inputs.values(), picture], change * _SCALE, name="preview")


def painted(
    decoding: keras.Model,
    features: Sequence[tf.Tensor],
    picture: tf.Tensor,
    style: Sequence[Moments],
) -> tf.Tensor:
    """What to add to ``picture`` (N, H, W, 3), whose ``features`` are of EMBEDDED_LAYERS."""
    changed = [exchanged(f, s) for f, s in zip(features, style, strict=True)]
    return decoding([*changed, picture])


def load(decoding: keras.Model, weights: Path = PREVIEW_WEIGHTS) -> None:
    """Give the decoder the tensors in ``weights``.

    Raises ValueError when the file holds other tensors than the decoder has.
    """
    tensors = load_file(weights)
    for variable in decoding.variables:
        name = variable.path.replace("/", ".")
        value = tensors.pop(name, None)
        if value is None or value.shape != tuple(variable.shape):
            raise ValueError(f"{weights}: {name} is missing or has another shape")
        variable.assign(value.astype(np.float32))
    if tensors:
        raise ValueError(f"{weights}: {', '.join(sorted(tensors))} not known")


def _roots(matrix: tf.Tensor, least: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Square roots of symmetric matrices (N, C, C), and the roots' inverses."""
    # TensorFlow's own: numpy's solver waits for its threads where other work keeps the cores busy
    values, vectors = tf.linalg.eigh(matrix)
    roots = tf.sqrt(tf.maximum(values, least[:, None]))[:, None]
    across = tf.linalg.matrix_transpose(vectors)
    return (vectors * roots) @ across, (vectors / roots) @ across


def _rows(features: tf.Tensor) -> tf.Tensor:
    shape = tf.shape(features)
    return tf.reshape(features, [shape[0], -1, features.shape[-1]])


def _convolution(filters: int, size: int, name: str) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, size, padding="same", activation="relu", name=name)
