"""The losses: what they ignore, what they see, and their gradient."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.style.losses import (
    Statistics,
    blended,
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


def mask_of(seed: int, height: int = 5, width: int = 7) -> tf.Tensor:
    rng = np.random.default_rng(seed)
    mask = rng.uniform(0, 1, (1, height, width, 1)) * (rng.random((1, height, width, 1)) > 0.4)
    mask[0, 0, 0] = 0.7  # somewhere it counts
    return tf.constant(mask, tf.float32)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_under_a_mask_each_position_counts_by_its_share(seed):
    x, mask = features(seed), mask_of(seed)
    rows = x.numpy().reshape(-1, x.shape[-1]).astype(float)
    shares = mask.numpy().ravel().astype(float)
    ours = statistics(x, mask)
    np.testing.assert_allclose(
        ours.mean, np.average(rows, axis=0, weights=shares), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        ours.covariance, np.cov(rows.T, bias=True, aweights=shares), rtol=1e-3, atol=1e-4
    )


@settings(max_examples=20, deadline=None)
@given(seeds, st.floats(0.01, 1))
def test_a_mask_that_is_the_same_everywhere_is_none(seed, grey):
    x = features(seed)
    for ours, whole in zip(statistics(x, tf.fill((1, 5, 7, 1), grey)), statistics(x), strict=True):
        np.testing.assert_allclose(ours, whole, rtol=1e-4, atol=1e-4)


def test_under_an_empty_mask_there_is_no_style_and_no_slope():
    x = features(2)
    with tf.GradientTape() as tape:
        tape.watch(x)
        ours = statistics(x, tf.zeros((1, 5, 7, 1)))
        loss = style_loss(ours, statistics(features(3)))
    assert not np.any(ours.mean) and not np.any(ours.covariance)
    assert not np.any(tape.gradient(loss, x))


def plain_moments(x: tf.Tensor, mask: tf.Tensor | None) -> Statistics:
    """The same statistics written so that TensorFlow differentiates them by itself."""
    rows = tf.reshape(x, (-1, x.shape[-1]))
    shares = tf.ones((len(rows), 1), x.dtype) if mask is None else tf.reshape(mask, (-1, 1))
    shares = shares / tf.reduce_sum(shares)
    mean = tf.reduce_sum(shares * rows, 0)
    about = rows - mean
    return Statistics(mean, tf.matmul(shares * about, about, transpose_a=True))


@settings(max_examples=30, deadline=None)
@given(seeds, st.booleans())
def test_the_gradient_of_the_statistics_is_tensorflows_own(seed, masked):
    mask = mask_of(seed) if masked else None
    rng = np.random.default_rng(seed)
    x = tf.cast(features(seed), tf.float64)
    mask64 = None if mask is None else tf.cast(mask, tf.float64)
    # any function of both, not symmetric in the channels
    pull_mean, pull_covariance = rng.normal(size=6), rng.normal(size=(6, 6))

    def slope(moments, x, mask):
        with tf.GradientTape() as tape:
            tape.watch(x)
            mean, covariance = moments(x, mask)
            total = tf.reduce_sum(pull_mean * tf.cast(mean, tf.float64)) + tf.reduce_sum(
                pull_covariance * tf.cast(covariance, tf.float64)
            )
        return tape.gradient(total, x)

    right = slope(plain_moments, x, mask64)
    assert np.abs(right).max() > 1e-3
    np.testing.assert_allclose(slope(statistics, x, mask64), right, rtol=1e-6, atol=1e-9)
    single = slope(statistics, tf.cast(x, tf.float32), mask)
    np.testing.assert_allclose(single, right, rtol=1e-3, atol=1e-4)


def test_a_style_between_several_is_their_weighted_mean():
    styles = [statistics(features(seed)) for seed in (1, 2, 3)]
    mix = blended(styles, [1, 0, 3])
    for between, *parts in zip(mix, *styles, strict=True):
        np.testing.assert_allclose(between, (parts[0] + 3 * parts[2]) / 4, rtol=1e-5, atol=1e-6)
    for alone, same in zip(blended(styles, [0, 0.5, 0]), styles[1], strict=True):
        np.testing.assert_allclose(alone, same, rtol=1e-6)
    for alone, same in zip(blended(styles[:1], [7.0]), styles[0], strict=True):
        np.testing.assert_allclose(alone, same, rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_the_losses_are_what_their_formulas_say(seed):
    ours, theirs = (features(s).numpy().astype(float) for s in (seed, seed + 1))
    a, b = (x.reshape(-1, 6) for x in (ours, theirs))
    level = (b.mean(0) ** 2).sum()
    away = [np.cov(a.T, bias=True) - np.cov(b.T, bias=True), a.mean(0) - b.mean(0)]
    size = (np.cov(b.T, bias=True) ** 2).sum() + (0.01 * level) ** 2
    style = ((away[0] ** 2).sum() / size + (away[1] ** 2).sum() / level) / 2
    content = ((a - b) ** 2).sum() / (((b - b.mean(0)) ** 2).sum() + 0.01 * (b**2).sum())
    x, y = (tf.constant(z, tf.float32) for z in (ours, theirs))
    assert float(style_loss(statistics(x), statistics(y))) == pytest.approx(style, rel=2e-3)
    assert float(content_loss(x, y)) == pytest.approx(content, rel=1e-3)


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
