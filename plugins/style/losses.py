"""The three losses of neural style transfer, scaled so that 1 means "all of it is missing".

Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks": content is
the feature maps of a deep layer (their eq. 1), style the correlations between a layer's channels
(eq. 3 to 5). Two things differ. Each layer's loss is divided by the size of what it compares with,
so one set of weights suits any network. And the correlations are taken about the channels' means,
which are compared on their own: the products of large means would drown what the brush does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

_FAINT = 0.01  # less variance than this share of the squared mean counts as none
_TINY = 1e-12
_ROUNDED = 0.01  # shares of 255


class Statistics(NamedTuple):
    """The style of one feature map: mean (C,) and covariance (C, C) of its channels."""

    mean: tf.Tensor
    covariance: tf.Tensor


def statistics(features: tf.Tensor, mask: tf.Tensor | None = None) -> Statistics:
    """Mean and covariance over the positions of a feature map (1, H, W, C).

    mask: (1, H, W, 1), 0..1, how much each position counts (a guided Gram matrix: Gatys et al.
    2017, "Controlling Perceptual Factors in Neural Style Transfer", eq. 4); None for all alike.
    """
    rows = tf.reshape(features, [-1, features.shape[-1]])
    shares = None if mask is None else tf.reshape(mask, [-1, 1])
    count = tf.cast(tf.shape(rows)[0], rows.dtype) if shares is None else tf.reduce_sum(shares)

    @tf.custom_gradient
    def moments(rows: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable[..., tf.Tensor]]:
        # TensorFlow's own gradient takes five copies of the rows, the largest arrays there are;
        # this takes one. For the same reason the means are not taken off the rows first.
        counted = rows if shares is None else shares * rows
        mean = tf.reduce_sum(counted, 0) / (count + _TINY)
        products = tf.matmul(counted, rows, transpose_a=True) / (count + _TINY)

        def gradient(of_mean: tf.Tensor, of_covariance: tf.Tensor) -> tf.Tensor:
            both = of_covariance + tf.transpose(of_covariance)
            offset = of_mean - tf.linalg.matvec(both, mean)
            back = tf.matmul(rows, both / (count + _TINY)) + offset / (count + _TINY)
            return back if shares is None else shares * back

        return (mean, products - mean[:, None] * mean), gradient

    return Statistics(*moments(rows))


def blended(styles: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """The style between several: the mean of their statistics, weighted by ``shares``."""
    whole = sum(shares)
    return Statistics(
        tf.add_n([share / whole * style.mean for style, share in zip(styles, shares, strict=True)]),
        tf.add_n(
            [share / whole * style.covariance for style, share in zip(styles, shares, strict=True)]
        ),
    )


def style_loss(ours: Statistics, theirs: Statistics) -> tf.Tensor:
    """Squared distance of two styles, relative to the size of ``theirs``."""
    level = _squares(theirs.mean)
    covariance = _squares(ours.covariance - theirs.covariance)
    mean = _squares(ours.mean - theirs.mean)
    # a plain colour has no covariance to compare with: then the mean gives the scale
    size = _squares(theirs.covariance) + (_FAINT * level) ** 2
    return 0.5 * (covariance / (size + _TINY) + mean / (level + _TINY))


def content_loss(ours: tf.Tensor, theirs: tf.Tensor) -> tf.Tensor:
    """Squared distance of two feature maps (1, H, W, C), relative to the variance of ``theirs``."""
    variance = _squares(theirs - tf.reduce_mean(theirs, (0, 1, 2)))
    return _squares(ours - theirs) / (variance + _FAINT * _squares(theirs) + _TINY)


def total_variation(image: tf.Tensor) -> tf.Tensor:
    """Mean length of the gradient of (1, H, W, 3), 0..255, in shares of 255 per pixel.

    Isotropic and of first power (Rudin, Osher, Fatemi 1992), rounded off at zero: speckle goes,
    edges of any direction stay.
    """
    down = (image[:, 1:, :-1] - image[:, :-1, :-1]) / 255.0
    right = (image[:, :-1, 1:] - image[:, :-1, :-1]) / 255.0
    return tf.reduce_mean(tf.sqrt(down**2 + right**2 + _ROUNDED**2)) - _ROUNDED


def _squares(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(x**2)
