"""The losses: what they ignore, what they see, and their gradient."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.style.losses import (
    content_loss,
    statistics,
    style_loss,
    total_variation,
)

seeds = st.integers(0, 2**32 - 1)


def features(seed: int, height: int = 5, width: int = 7, channels: int = 6) -> tf.Tensor:
    rng = np.random.default_rng(seed)
    shift = rng.uniform(0, 3, channels)
    maps = np.maximum(rng.normal(shift, 1, (1, height, width, channels)), 0)
    return tf.constant(maps, tf.float32)


def flipped(x: tf.Tensor) -> tf.Tensor:
    return x[:, :, ::-1]


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_moving_features_about_keeps_the_style_and_changes_the_content(seed):
    x = features(seed)
    rng = np.random.default_rng(seed)
    shuffled = tf.reshape(tf.gather(tf.reshape(x, (-1, x.shape[-1])), rng.permutation(35)), x.shape)
    for moved in (flipped(x), x[:, ::-1], shuffled):
        assert float(style_loss(statistics(moved), statistics(x))) < 1e-8
    assert float(content_loss(flipped(x), x)) > 0.1


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_style_is_the_mean_and_the_covariance_of_the_channels(seed):
    x = features(seed)
    rows = x.numpy().reshape(-1, x.shape[-1]).astype(float)
    np.testing.assert_allclose(statistics(x).mean, rows.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        statistics(x).covariance, np.cov(rows.T, bias=True), rtol=1e-3, atol=1e-4
    )


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0.01, 100))
def test_a_networks_scale_does_not_matter(seed, factor):
    ours, theirs = features(seed), features(seed + 1)
    plain = style_loss(statistics(ours), statistics(theirs))
    scaled = style_loss(statistics(ours * factor), statistics(theirs * factor))
    assert float(scaled) == pytest.approx(float(plain), rel=1e-3)
    assert float(content_loss(ours * factor, theirs * factor)) == pytest.approx(
        float(content_loss(ours, theirs)), rel=1e-3
    )


def test_no_features_at_all_miss_all_of_the_style():
    x = features(3)
    nothing = statistics(tf.zeros_like(x))
    assert float(style_loss(nothing, statistics(x))) == pytest.approx(1.0, rel=0.05)


def test_style_of_one_colour_has_a_finite_loss_and_gradient():
    plain = statistics(tf.ones((1, 4, 4, 6)))
    x = features(5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = style_loss(statistics(x), plain) + content_loss(x, tf.ones_like(x))
    assert np.isfinite(loss) and np.isfinite(tape.gradient(loss, x)).all()
    assert (
        float(style_loss(statistics(tf.zeros((1, 4, 4, 6))), statistics(tf.zeros((1, 4, 4, 6)))))
        == 0
    )


def test_total_variation_counts_edges_alike_in_all_directions_and_speckle_more():
    def variation(picture):
        return float(total_variation(tf.constant(picture[None, ..., None], tf.float32)))

    flat = np.full((40, 40), 90.0)
    edge = flat.copy()
    edge[:, 20:] = 190
    speckle = flat.copy()
    speckle[::2, ::2] = 190
    assert variation(flat) == pytest.approx(0, abs=1e-6)
    assert variation(edge) == pytest.approx(variation(edge.T), rel=1e-6)
    assert variation(speckle) > 5 * variation(edge) > 0
