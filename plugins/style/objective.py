"""What is minimised: the weighted sum of the losses of one picture, and its gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from plugins.style.losses import Statistics, content_loss, statistics, style_loss, total_variation
from plugins.style.networks import Network
from plugins.style.results import Losses


class Target(NamedTuple):
    """What the picture shall match: content features and style statistics, as tensors."""

    content: list[tf.Tensor]
    style: list[Statistics]


class Objective:
    """Losses and gradients of one network, compiled once for pictures of every size.

    device: TensorFlow's name of where to compute; None leaves it to TensorFlow.
    """

    def __init__(self, network: Network, device: str | None = None) -> None:
        self.network = network
        self._device = device
        self._style_at = [network.layers.index(name) for name in network.style_weights]
        self._content_at = [network.layers.index(name) for name in network.content_weights]
        picture = tf.TensorSpec((1, None, None, 3), tf.float32)
        widths = [int(output.shape[-1]) for output in network.model.outputs]
        self._compiled = tf.function(
            self._evaluate,
            input_signature=[
                picture,
                [tf.TensorSpec((1, None, None, widths[i]), tf.float32) for i in self._content_at],
                [
                    Statistics(
                        tf.TensorSpec((widths[i],), tf.float32),
                        tf.TensorSpec((widths[i], widths[i]), tf.float32),
                    )
                    for i in self._style_at
                ],
                tf.TensorSpec((3,), tf.float32),
            ],
        )
        self._features = tf.function(self._call, input_signature=[picture])

    def target(self, content: np.ndarray, style: np.ndarray) -> Target:
        """Match the content of one picture and the style of another, (H, W, 3) in 0..255 each."""
        content_features = self._features(_batch(content))
        style_features = self._features(_batch(style))
        return Target(
            [content_features[i] for i in self._content_at],
            [statistics(style_features[i]) for i in self._style_at],
        )

    def __call__(
        self, picture: np.ndarray, target: Target, weights: tuple[float, float, float]
    ) -> tuple[Losses, np.ndarray]:
        """Losses and gradient at ``picture`` (H, W, 3), 0..255.

        weights: of content, style and smoothness. The gradient is float32 of the same shape, in
        loss per grey level.
        """
        losses, layers, gradient = self._compiled(
            _batch(picture), target.content, target.style, tf.constant(weights, tf.float32)
        )
        content, style, smoothness = (float(x) for x in losses.numpy())
        names = self.network.style_weights
        value = Losses(
            total=content + style + smoothness,
            content=content,
            style=style,
            smoothness=smoothness,
            layers={name: float(x) for name, x in zip(names, layers.numpy(), strict=True)},
        )
        return value, gradient.numpy()[0]

    def _call(self, picture: tf.Tensor) -> list[tf.Tensor]:
        with tf.device(self._device):
            return self.network.model(picture, training=False)

    def _evaluate(
        self,
        picture: tf.Tensor,
        content: list[tf.Tensor],
        style: list[Statistics],
        weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.device(self._device), tf.GradientTape() as tape:
            tape.watch(picture)
            features = self._call(picture)
            layers = tf.stack(
                [
                    style_loss(statistics(features[i]), theirs)
                    for i, theirs in zip(self._style_at, style, strict=True)
                ]
            )
            of_content = tf.stack(
                [
                    content_loss(features[i], theirs)
                    for i, theirs in zip(self._content_at, content, strict=True)
                ]
            )
            losses = weights * tf.stack(
                [
                    tf.tensordot(_shares(self.network.content_weights), of_content, 1),
                    tf.tensordot(_shares(self.network.style_weights), layers, 1),
                    total_variation(picture),
                ]
            )
            total = tf.reduce_sum(losses)
        with tf.device(self._device):
            return losses, layers, tape.gradient(total, picture)


def _shares(weights: object) -> tf.Tensor:
    return tf.constant(list(weights.values()), tf.float32)  # type: ignore[attr-defined]


def _batch(picture: np.ndarray) -> tf.Tensor:
    return tf.constant(picture[None], tf.float32)
