"""What a layer computes before its ReLU: there a silent channel still says which way is up."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf


def before_relu(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """From pictures (N, H, W, 3) to the model's one feature map without its ReLU, float32.

    The ReLU is found where it is a layer's last step, or that of each of the maps that a layer
    puts side by side; elsewhere it stays.
    """
    output = model.outputs[0]
    last = _producer(model, output)
    side_by_side = isinstance(last, keras.layers.Concatenate)
    parts = [_producer(model, part) for part in last.input] if side_by_side else [last]
    known = (keras.layers.Conv2D, keras.layers.Activation, keras.layers.ReLU)
    inner = keras.Model(
        model.inputs[0], [part.input if isinstance(part, known) else part.output for part in parts]
    )

    def answer(picture: tf.Tensor) -> tf.Tensor:
        maps = inner(picture, training=False)
        maps = maps if isinstance(maps, list | tuple) else [maps]
        return tf.concat([_finished(part, x) for part, x in zip(parts, maps, strict=True)], -1)

    return answer


def _finished(part: keras.Layer, maps: tf.Tensor) -> tf.Tensor:
    maps = tf.cast(maps, tf.float32)
    if not isinstance(part, keras.layers.Conv2D):
        return maps
    kernel, bias = (tf.cast(each.value, tf.float32) for each in (part.kernel, part.bias))
    return tf.nn.conv2d(maps, kernel, part.strides, part.padding.upper()) + bias


def _producer(model: keras.Model, output: keras.KerasTensor) -> keras.Layer:
    return next(
        operation
        for operation in model.operations
        if any(tensor is output for tensor in keras.tree.flatten(operation.output))
    )
