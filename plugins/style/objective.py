"""What is minimised: the weighted sum of the losses of one picture, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from plugins.style.losses import (
    Statistics,
    blended,
    content_loss,
    statistics,
    style_loss,
    total_variation,
)
from plugins.style.networks import Network
from plugins.style.results import Losses

_MARGIN = 16  # pixels mirrored around a picture
_DEEP = 4  # pixels between the positions of a layer that counts as deep here
_PROBE = 96  # pixels a side of the picture that tells the strides


class Region(NamedTuple):
    """A part of the picture and the style it shall have, layer by layer.

    masks: for each style layer (1, h, w, 1) in 0..1, or nothing for the whole picture.
    weight: its share in the style loss.
    """

    statistics: list[Statistics]
    masks: list[tf.Tensor]
    weight: tf.Tensor


class Target(NamedTuple):
    """What the picture shall match: content features, and the style of its regions."""

    content: list[tf.Tensor]
    regions: list[Region]


class Objective:
    """Losses and gradients of one network, compiled once for pictures of every size.

    device: TensorFlow's name of where to compute; None leaves it to TensorFlow.
    """

    def __init__(self, network: Network, device: str | None = None) -> None:
        self.network = network
        self._device = device
        self._style_at = [network.layers.index(name) for name in network.style_weights]
        self._content_at = [network.layers.index(name) for name in network.content_weights]
        self._widths = [int(output.shape[-1]) for output in network.model.outputs]
        probe = network.model(np.zeros((1, _PROBE, _PROBE, 3), np.float32), training=False)
        strides = [round(_PROBE / feature.shape[1]) for feature in probe]
        self._cuts = [_MARGIN // stride if stride >= _DEEP else 0 for stride in strides]
        self._compiled: dict[tuple[bool, ...], tf.types.experimental.GenericFunction] = {}
        self._features = tf.function(
            self._call, input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32)]
        )

    def target(
        self,
        content: np.ndarray,
        paintings: np.ndarray | Sequence[np.ndarray],
        shares: Sequence[float] | None = None,
        masks: Sequence[np.ndarray | None] | None = None,
    ) -> Target:
        """Match the content of one picture and the style of others, (H, W, 3) in 0..255 each.

        shares: how much each painting counts; None is all alike.
        masks: for each painting where it counts, (H, W) of ``content`` in 0..1, or None for
            wherever no mask is. Paintings without a mask are blended into one style.
        """
        paintings = [paintings] if isinstance(paintings, np.ndarray) else list(paintings)
        shares = [1.0] * len(paintings) if shares is None else list(shares)
        masks = [None] * len(paintings) if masks is None else list(masks)
        content_features = self._features(_batch(content))
        styles = []
        for painting in paintings:
            features = self._features(_batch(painting))
            styles.append([statistics(features[i]) for i in self._style_at])
        sizes = [tuple(content_features[i].shape[1:3]) for i in self._style_at]
        return Target(
            [content_features[i] for i in self._content_at],
            _regions(styles, shares, masks, sizes),
        )

    def __call__(
        self,
        picture: np.ndarray,
        target: Target,
        weights: tuple[float, float, float],
        layers: Sequence[float] | None = None,
    ) -> tuple[Losses, np.ndarray]:
        """Losses and gradient at ``picture`` (H, W, 3), 0..255.

        weights: of content, style and smoothness.
        layers: of the style layers, shallow to deep; they need not add up to 1. None is the
            network's own.

        The gradient is float32 of the same shape, in loss per grey level.
        """
        names = self.network.style_weights
        shares = np.asarray(list(names.values()) if layers is None else layers, np.float32)
        losses, by_layer, gradient = self._compiled_for(target)(
            _batch(picture),
            target.content,
            target.regions,
            tf.constant(weights, tf.float32),
            tf.constant(shares / shares.sum(), tf.float32),
        )
        content, style, smoothness = (float(x) for x in losses.numpy())
        value = Losses(
            total=content + style + smoothness,
            content=content,
            style=style,
            smoothness=smoothness,
            layers={name: float(x) for name, x in zip(names, by_layer.numpy(), strict=True)},
        )
        return value, gradient.numpy()[0]

    def _call(self, picture: tf.Tensor) -> list[tf.Tensor]:
        """The feature maps of a picture with a margin.

        Convolutions see zeros beyond a border, and a picture that shall look like a painting there
        too gets a glowing rim. With a mirrored margin the rim falls outside.
        """
        with tf.device(self._device):
            features = self.network.model(_with_margin(picture), training=False)
            # a network of mixed precision gives bfloat16, in which sums would lose their digits
            return [
                tf.cast(feature[:, cut:-cut, cut:-cut] if cut else feature, tf.float32)
                for feature, cut in zip(features, self._cuts, strict=True)
            ]

    def _compiled_for(self, target: Target) -> tf.types.experimental.GenericFunction:
        """The losses of targets with so many regions, compiled for every size."""
        kind = tuple(bool(region.masks) for region in target.regions)
        if kind not in self._compiled:
            style_widths = [self._widths[i] for i in self._style_at]
            regions = [
                Region(
                    [Statistics(_spec(width), _spec(width, width)) for width in style_widths],
                    [_spec(1, None, None, 1) for _ in style_widths] if masked else [],
                    _spec(),
                )
                for masked in kind
            ]
            self._compiled[kind] = tf.function(
                self._evaluate,
                input_signature=[
                    _spec(1, None, None, 3),
                    [_spec(1, None, None, self._widths[i]) for i in self._content_at],
                    regions,
                    _spec(3),
                    _spec(len(style_widths)),
                ],
            )
        return self._compiled[kind]

    def _evaluate(
        self,
        picture: tf.Tensor,
        content: list[tf.Tensor],
        regions: list[Region],
        weights: tf.Tensor,
        layer_weights: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with tf.device(self._device), tf.GradientTape() as tape:
            tape.watch(picture)
            features = self._call(picture)
            layers = tf.zeros(len(self._style_at))  # stays so where no painting shows
            for region in regions:
                layers += region.weight * self._style_losses(features, region)
            of_content = tf.stack(
                [
                    content_loss(features[i], theirs)
                    for i, theirs in zip(self._content_at, content, strict=True)
                ]
            )
            content_shares = tf.constant(list(self.network.content_weights.values()), tf.float32)
            losses = weights * tf.stack(
                [
                    tf.tensordot(content_shares, of_content, 1),
                    tf.tensordot(layer_weights, layers, 1),
                    total_variation(picture),
                ]
            )
            total = tf.reduce_sum(losses)
        with tf.device(self._device):
            return losses, layers, tape.gradient(total, picture)

    def _style_losses(self, features: list[tf.Tensor], region: Region) -> tf.Tensor:
        masks = region.masks or [None] * len(self._style_at)
        return tf.stack(
            [
                style_loss(statistics(features[i], mask), theirs)
                for i, mask, theirs in zip(self._style_at, masks, region.statistics, strict=True)
            ]
        )


def _regions(
    styles: list[list[Statistics]],
    shares: Sequence[float],
    masks: Sequence[np.ndarray | None],
    sizes: list[tuple[int, int]],
) -> list[Region]:
    """One region for each mask, and one for the paintings without, where no mask is."""
    parts: list[tuple[list[Statistics], np.ndarray | None, float]] = []
    drawn = [mask for mask in masks if mask is not None]
    free = [i for i, mask in enumerate(masks) if mask is None and shares[i] > 0]
    if free:
        rest = 1 - np.clip(np.sum(drawn, 0), 0, 1) if drawn else None
        blend = [
            blended([styles[i][layer] for i in free], [shares[i] for i in free])
            for layer in range(len(sizes))
        ]
        parts.append((blend, rest, sum(shares[i] for i in free) / len(free)))
    for style, mask, share in zip(styles, masks, shares, strict=True):
        if mask is not None and share > 0:
            parts.append((style, mask, share))
    # a region counts by its area too, lest a dab weigh as much as the rest of the picture
    areas = [1.0 if mask is None else float(np.mean(mask)) for _, mask, _ in parts]
    weights = [area * share for area, (_, _, share) in zip(areas, parts, strict=True)]
    return [
        Region(
            style,
            [] if mask is None else [_resized(mask, size) for size in sizes],
            tf.constant(weight / sum(weights), tf.float32),
        )
        for (style, mask, _), weight in zip(parts, weights, strict=True)
        if weight > 0
    ]


def _resized(mask: np.ndarray, size: tuple[int, int]) -> tf.Tensor:
    whole = _with_margin(tf.constant(mask[None, ..., None], tf.float32))
    return tf.image.resize(whole, size, method="area")


def _with_margin(picture: tf.Tensor) -> tf.Tensor:
    return tf.pad(picture, [[0, 0], [_MARGIN, _MARGIN], [_MARGIN, _MARGIN], [0, 0]], "SYMMETRIC")


def _batch(picture: np.ndarray) -> tf.Tensor:
    return tf.constant(picture[None], tf.float32)


def _spec(*shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.float32)
