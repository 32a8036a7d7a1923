"""From a photo and paintings to the preview, as the plugin's backend calls it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from plugins.style.networks import embedded
from plugins.style.pictures import as_uint8, fitted, long_side, resized
from plugins.style.preview.colours import average, matched
from plugins.style.preview.decoder import (
    STRIDE,
    Moments,
    decoder,
    load,
    moments,
    painted,
)

_LARGEST = 512  # pixels of the long side that the network sees, so that large pictures stay quick


class Preview:
    """Paints a photo like paintings in one pass: encoder, exchanged statistics, decoder.

    device: TensorFlow's name of where to compute; None leaves it to TensorFlow.
    """

    def __init__(self, device: str | None = None) -> None:
        self._device = device
        with tf.device(device):
            self._network = embedded()
            widths = [int(output.shape[-1]) for output in self._network.model.outputs]
            self._decoder = decoder(widths)
            load(self._decoder)
        picture = tf.TensorSpec((1, None, None, 3), tf.float32)
        features = [tf.TensorSpec((1, None, None, c)) for c in widths]
        style = [(tf.TensorSpec((1, 1, c)), tf.TensorSpec((1, c, c))) for c in widths]
        self._encoded = tf.function(self._encode, input_signature=[picture])
        self._decoded = tf.function(self._decode, input_signature=[features, picture, style])

    def __call__(
        self, photo: np.ndarray, paintings: Sequence[np.ndarray], shares: Sequence[float]
    ) -> np.ndarray:
        """``photo`` (H, W, 3) painted like ``paintings``, all RGB uint8; the result too.

        shares: how much each painting counts, not negative and not all 0; their statistics are
        averaged. Paintings larger than the photo are scaled down to it, as the transfer does.
        """
        height, width = photo.shape[:2]
        side = min(_LARGEST, long_side(photo))
        near = [fitted(painting, min(side, long_side(painting))) for painting in paintings]
        coloured = matched(photo, near, shares)
        small = coloured if side == long_side(photo) else fitted(coloured, side)
        rows, columns = small.shape[:2]
        # a margin all round: the convolutions see zeros outside, which shows at the edges
        padding = ((STRIDE, STRIDE + -rows % STRIDE), (STRIDE, STRIDE + -columns % STRIDE), (0, 0))
        padded = _batch(np.pad(small, padding, "symmetric"))
        styles = [self._encoded(_batch(painting))[1] for painting in near]
        flat = average([tuple(t.numpy() for part in s for t in part) for s in styles], shares)
        tensors = [tf.constant(array, tf.float32) for array in flat]
        style = list(zip(tensors[::2], tensors[1::2], strict=True))
        features, _ = self._encoded(padded)
        change = self._decoded(features, padded, style).numpy()[0]
        change = change[STRIDE : STRIDE + rows, STRIDE : STRIDE + columns]
        if small is coloured:
            return as_uint8(coloured + change)
        # resized() is for pictures, 0..255: half the change fits
        change = resized(np.clip(change / 2 + 127.5, 0, 255), height, width)
        return as_uint8(coloured + (change - 127.5) * 2)

    def _encode(self, picture: tf.Tensor) -> tuple[list[tf.Tensor], list[Moments]]:
        with tf.device(self._device):
            features = self._network.model(picture, training=False)
            return features, [moments(feature) for feature in features]

    def _decode(
        self, features: list[tf.Tensor], picture: tf.Tensor, style: list[Moments]
    ) -> tf.Tensor:
        with tf.device(self._device):
            return painted(self._decoder, features, picture, style)


def _batch(picture: np.ndarray) -> tf.Tensor:
    return tf.constant(picture[None], tf.float32)
