"""More out of few pictures. Never used on encodings, and never when a picture is judged."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from plugins.face.learning.data import Kind, LabelledData

TURN, STRETCH, SHIFT = math.radians(12), 0.12, 0.08
"""Most of a random distortion: radians; share of the size; share of the side."""


def more_classes(data: LabelledData) -> LabelledData:
    """Digits in all eight turned and mirrored views, each view of a digit a class of its own.

    Seven digits are too few to learn what tells signs apart in general: the loss is soon 0, and
    what would tell the other three apart is thrown away. The views are not innocent, though: a
    6 upside down is a 9, so a held-out digit may be known by its look-alike. Other data stay.
    """
    if data.kind != "digits":
        return data
    sides = (data.inputs, data.inputs[:, :, ::-1])
    views = [np.rot90(side, turns, (1, 2)) for side in sides for turns in range(4)]
    count = len(data.names)
    return LabelledData(
        np.ascontiguousarray(np.concatenate(views)),
        np.concatenate([data.labels + view * count for view in range(len(views))]),
        tuple(f"{name}, view {view}" for view in range(len(views)) for name in data.names),
        data.kind,
    )


def distort(pictures: tf.Tensor, kind: Kind, seed: tf.Tensor) -> tf.Tensor:
    """Pictures (B, H, W, C), each changed a little at random; encodings as they are.

    seed: int (2,).
    """
    if kind == "digits":
        return _shift(pictures, seed)
    return _turn(pictures, seed) if kind == "crops" else pictures


def _shift(pictures: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """By up to one pixel each way, black coming in: anything finer blurs 8 x 8 pixels."""
    shape = tf.shape(pictures)
    start = tf.random.stateless_uniform((2, shape[0], 1), seed, 0, 3, tf.int32)
    padded = tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]])
    rows = tf.gather(padded, start[0] + tf.range(shape[1]), axis=1, batch_dims=1)
    return tf.gather(rows, start[1] + tf.range(shape[2]), axis=2, batch_dims=1)


def _turn(pictures: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Turned, stretched and shifted, and half of them mirrored. The edge is repeated outwards."""
    shape = tf.shape(pictures)
    count, height, width = shape[0], shape[1], shape[2]
    side = tf.cast(tf.stack([width, height]), tf.float32)
    random = tf.random.stateless_uniform((6, count), seed, -1.0, 1.0)
    angle = random[0] * TURN
    scale_x = 1 + random[1] * STRETCH
    scale_y = 1 + random[2] * STRETCH
    scale_x = tf.where(random[3] < 0, -scale_x, scale_x)
    a, b = tf.cos(angle) * scale_x, -tf.sin(angle) * scale_y
    c, d = tf.sin(angle) * scale_x, tf.cos(angle) * scale_y
    middle = (side - 1) / 2
    x0 = middle[0] - a * middle[0] - b * middle[1] + random[4] * SHIFT * side[0]
    y0 = middle[1] - c * middle[0] - d * middle[1] + random[5] * SHIFT * side[1]
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=tf.stack([a, b, x0, c, d, y0, zero, zero], axis=1),
        output_shape=tf.stack([height, width]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
