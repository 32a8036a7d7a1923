"""The triplet loss and the choice of triplets within a batch."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Triplets(NamedTuple):
    """Places in a batch, int64 (T,) each."""

    anchors: tf.Tensor
    positives: tf.Tensor
    negatives: tf.Tensor


def squared_distances(encodings: tf.Tensor) -> tf.Tensor:
    """(B, d) -> (B, B)."""
    lengths = tf.reduce_sum(tf.square(encodings), axis=1)
    products = tf.matmul(encodings, encodings, transpose_b=True)
    return tf.maximum(lengths[:, None] + lengths[None] - 2 * products, 0.0)


def select(squared: tf.Tensor, labels: tf.Tensor, mining: str, seed: tf.Tensor) -> Triplets:
    """A negative for each pair of an anchor and a positive; all pairs of a batch are taken.

    squared: (B, B) squared distances. labels: int (B,), of at least two people. seed: int (2,).

    mining:
        "random": any negative.
        "hardest": the one nearest to the anchor.
        "semi-hard": the nearest of those that are further from the anchor than the positive
            (Schroff et al. 2015, eq. 4); where none is, the furthest negative of all, so that
            no pair goes without.
    """
    same = labels[:, None] == labels[None]
    other = tf.logical_not(tf.eye(tf.shape(labels)[0], dtype=tf.bool))
    pairs = tf.where(same & other)
    anchors, positives = pairs[:, 0], pairs[:, 1]
    distances = tf.gather(squared, anchors)  # of each pair's anchor to the whole batch
    negative = tf.logical_not(tf.gather(same, anchors))
    infinity = tf.constant(float("inf"))
    if mining == "random":
        chance = tf.random.stateless_uniform(tf.shape(distances), seed)
        chosen = tf.argmax(tf.where(negative, chance, -1.0), axis=1)
    elif mining == "hardest":
        chosen = tf.argmin(tf.where(negative, distances, infinity), axis=1)
    elif mining == "semi-hard":
        beyond = negative & (distances > tf.gather_nd(squared, pairs)[:, None])
        chosen = tf.where(
            tf.reduce_any(beyond, axis=1),
            tf.argmin(tf.where(beyond, distances, infinity), axis=1),
            tf.argmax(tf.where(negative, distances, -infinity), axis=1),
        )
    else:
        raise ValueError(f"mining {mining!r}")
    return Triplets(anchors, positives, chosen)


def triplet_losses(
    encodings: tf.Tensor, triplets: Triplets, margin: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Per triplet: [ ||a - p||^2 - ||a - n||^2 + margin ]_+ and the two squared distances.

    Schroff et al., "FaceNet", CVPR 2015, eq. 3 is the sum of the first; (T,) each.
    """
    a, p, n = (tf.gather(encodings, places) for places in triplets)
    positive = tf.reduce_sum(tf.square(a - p), axis=1)
    negative = tf.reduce_sum(tf.square(a - n), axis=1)
    return tf.maximum(positive - negative + margin, 0.0), positive, negative
