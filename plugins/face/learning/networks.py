"""The networks that learn here. Weights depend on the seed alone."""

from __future__ import annotations

import keras
import numpy as np

from plugins.face.learning.data import LabelledData
from plugins.face.learning.head import principal_directions


def body(data: LabelledData, dimensions: int, seed: int) -> keras.Model:
    """inputs (B, ...) -> (B, d), not normalised: a head for encodings, else a small encoder.

    data: only what may be learned from.
    """
    if data.kind == "encodings":
        return _head(data.inputs, dimensions)
    channels = (32, 64) if data.kind == "digits" else (16, 32, 64, 64)
    return _convolutions(data.inputs.shape[1:], channels, dimensions, seed)


def _head(encodings: np.ndarray, dimensions: int) -> keras.Model:
    """Starts as the principal directions of what it will be trained on."""
    width = encodings.shape[1]
    directions = principal_directions(encodings, min(dimensions, width))
    inputs = keras.Input((width,))
    layer = keras.layers.Dense(directions.shape[1])
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([directions, np.zeros(directions.shape[1], np.float32)])
    return model


def _convolutions(
    shape: tuple[int, ...], channels: tuple[int, ...], dimensions: int, seed: int
) -> keras.Model:
    """3 x 3 convolutions, each but the first halving the sides, then one linear layer."""
    seeds = iter(np.random.SeedSequence(seed).generate_state(len(channels) + 1).tolist())
    inputs = keras.Input(shape)
    x = inputs
    for number, count in enumerate(channels):
        x = keras.layers.Conv2D(
            count,
            3,
            strides=1 if number == 0 and len(channels) < 4 else 2,
            padding="same",
            kernel_initializer=keras.initializers.HeNormal(next(seeds)),
        )(x)
        # Of each picture alone: a picture's encoding must not depend on the rest of its batch.
        x = keras.layers.GroupNormalization(8)(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.Flatten()(x)
    initial = keras.initializers.GlorotNormal(next(seeds))
    return keras.Model(inputs, keras.layers.Dense(dimensions, kernel_initializer=initial)(x))
