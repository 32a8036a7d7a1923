"""The quick preview: a photo painted like a painting, before any optimisation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plugins.style.pictures import fitted
from plugins.style.preview import Preview, matched
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE

ASSETS = Path(__file__).parents[2] / "assets" / "style"
WEIGHTS = (CONTENT, STYLE, SMOOTHNESS)
BLACK = np.zeros((48, 64, 3), np.uint8)
RED = np.full((40, 40, 3), (200, 30, 30), np.uint8)


@pytest.fixture(scope="module")
def preview() -> Preview:
    return Preview()


@pytest.fixture(scope="module")
def waves() -> np.ndarray:
    return opened("waves")


def opened(name: str) -> np.ndarray:
    return np.asarray(Image.open(ASSETS / f"{name}.jpg").convert("RGB"))


def mean(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(-1, 3).astype(float).mean(0)


def covariance(picture: np.ndarray) -> np.ndarray:
    return np.cov(picture.reshape(-1, 3).astype(float).T)


def palette_distance(picture: np.ndarray, painting: np.ndarray) -> float:
    """Grey levels between the colours of two pictures, sorted along many directions."""
    ways = np.random.default_rng(0).normal(0, 1, (3, 32))
    ways /= np.linalg.norm(ways, axis=0)
    at = np.linspace(0.01, 0.99, 50)
    ours, theirs = (np.quantile(x.reshape(-1, 3) @ ways, at, axis=0) for x in (picture, painting))
    return np.abs(ours - theirs).mean()


def likeness(picture: np.ndarray, photo: np.ndarray) -> float:
    grey = [fitted(x, 32).astype(float).mean(-1).ravel() for x in (picture, photo)]
    return np.corrcoef(*grey)[0, 1]


@pytest.mark.parametrize("shape", [(37, 211), (211, 37), (96, 96), (1, 1), (17, 5)])
def test_the_result_has_the_photos_size(preview, photo, painting, shape):
    cut = np.ascontiguousarray(photo[: shape[0], : shape[1]])
    for result in (preview(cut, [painting], [1.0]), matched(cut, [painting], [1.0])):
        assert result.shape == (*shape, 3)
        assert result.dtype == np.uint8


def test_pictures_larger_than_the_network_sees_are_painted_at_their_own_size(
    preview, photo, painting
):
    large = fitted(photo, 640)
    result = preview(large, [painting], [1.0])
    assert result.shape == large.shape
    small = preview(fitted(photo, 512), [painting], [1.0])
    assert np.abs(fitted(result, 512).astype(float) - small).mean() < 8


def test_the_photo_gets_the_paintings_mean_and_spread_of_colours(photo, painting):
    small = fitted(photo, 128)
    result = matched(small, [painting], [1.0])
    np.testing.assert_allclose(mean(result), mean(painting), atol=8)  # clipping moves it a little
    distance = [np.linalg.norm(covariance(x) - covariance(painting)) for x in (result, small)]
    assert distance[0] < 0.2 * distance[1]


def test_colours_stay_when_they_are_the_paintings_already(photo):
    small = fitted(photo, 96)
    same = matched(small, [small], [1.0])
    assert np.abs(same.astype(int) - small).max() <= 1


def test_light_stays_light(photo, painting):
    # of all maps with the right covariance this one turns no colour into its opposite
    small = fitted(photo, 96)
    assert likeness(matched(small, [painting], [1.0]), small) > 0.8


@pytest.mark.parametrize("name", ["starry", "circles"])
def test_the_preview_has_the_paintings_palette_and_the_photos_objects(preview, photo, name):
    small, style = fitted(photo, 160), opened(name)
    result = preview(small, [style], [1.0])
    before, after = (palette_distance(x, style) for x in (small, result))
    assert after < 0.6 * before
    assert likeness(result, small) > 0.8


def test_the_preview_is_nearer_to_the_painting_than_the_photo_in_its_colours(
    preview, objective, photo, painting, waves
):
    small = fitted(photo, 160)
    for style in (painting, waves):
        target = objective.target(small, fitted(style, 160))
        pictures = (small, matched(small, [style], [1.0]), preview(small, [style], [1.0]))
        losses = [objective(x.astype(np.float32), target, WEIGHTS)[0] for x in pictures]
        assert losses[2].style < 0.8 * min(losses[0].style, losses[1].style)
        assert losses[2].total < 0.9 * min(losses[0].total, losses[1].total)


def test_the_preview_has_no_checkerboard(preview, photo, painting):
    # a checkerboard is contrast between diagonal neighbours; strokes have it too, but no more
    small = fitted(photo, 160)
    result, theirs = (
        np.diff(np.diff(x.astype(float).mean(-1), axis=0), axis=1)
        for x in (preview(small, [painting], [1.0]), fitted(painting, 160))
    )
    assert result.std() < 1.2 * theirs.std()


def test_two_paintings_mix_by_their_shares(preview, small_photo, painting, waves):
    for paint in (preview, matched):
        one, half, other = (
            paint(small_photo, [painting, waves], shares)
            for shares in ([1.0, 0.0], [50.0, 50.0], [0.0, 1.0])
        )
        np.testing.assert_array_equal(one, paint(small_photo, [painting], [3.0]))
        np.testing.assert_array_equal(other, paint(small_photo, [waves], [0.1]))
        apart = np.abs(mean(one) - mean(other)).sum()
        assert np.abs(mean(half) - mean(one)).sum() < 0.8 * apart
        assert np.abs(mean(half) - mean(other)).sum() < 0.8 * apart


def test_same_pictures_same_preview(preview, small_photo, painting):
    first = preview(small_photo, [painting], [1.0])
    np.testing.assert_array_equal(first, preview(small_photo, [painting], [1.0]))
    np.testing.assert_array_equal(first, Preview()(small_photo, [painting], [1.0]))


def test_pictures_of_one_colour_stay_calm(preview, small_photo, painting):
    for style in (BLACK, RED):
        coloured = matched(small_photo, [style], [1.0])
        np.testing.assert_allclose(mean(coloured), mean(style), atol=3)
        assert preview(small_photo, [style], [1.0]).shape == small_photo.shape
    for plain in (BLACK, RED):
        coloured = matched(plain, [painting], [1.0])
        assert len(np.unique(coloured.reshape(-1, 3), axis=0)) == 1
        np.testing.assert_allclose(mean(coloured), mean(painting), atol=1)
        inner = preview(plain, [painting], [1.0])[16:-16, 16:-16]
        assert inner.std((0, 1)).max() < 40, "nothing is there to be painted"


def test_noise_on_a_plain_photo_is_not_blown_up(painting):
    rng = np.random.default_rng(0)
    plain = np.clip(120 + rng.normal(0, 1, (64, 64, 3)), 0, 255).astype(np.uint8)
    assert matched(plain, [painting], [1.0]).std((0, 1)).max() < 25


def test_the_same_picture_twice_is_near_itself(preview, small_photo):
    result = preview(small_photo, [small_photo, small_photo], [1.0, 1.0])
    assert likeness(result, small_photo) > 0.9
    assert np.abs(mean(result) - mean(small_photo)).max() < 15
