"""Whose colours the result has, and from what picture a transfer starts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from plugins.style.colours import coloured, luminance
from plugins.style.pictures import fitted
from plugins.style.preparation import Work, prepared
from plugins.style.preview.colours import matched
from plugins.style.settings import STARTS, Settings

LIGHT = np.array([0.299, 0.587, 0.114])  # Rec. 601


def random(seed: int, height: int = 9, width: int = 13) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def chroma(picture: np.ndarray) -> np.ndarray:
    """What a picture has beyond its light and dark: (H, W, 2)."""
    return picture[..., [0, 2]].astype(float) - picture[..., [1]]


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Grey levels between the mean and the spread of the colours of two pictures."""
    a, b = (x.reshape(-1, 3).astype(float) for x in (ours, theirs))
    return np.abs(a.mean(0) - b.mean(0)).mean() + np.abs(a.std(0) - b.std(0)).mean()


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_luminance_is_what_a_grey_picture_shows(seed):
    picture = random(seed)
    grey = luminance(picture)
    assert grey.dtype == np.uint8 and grey.shape == picture.shape
    assert (grey == grey[..., :1]).all()
    np.testing.assert_allclose(grey[..., 0], picture @ LIGHT, atol=0.51)
    np.testing.assert_allclose(luminance(grey), grey, atol=1)


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_light_of_one_picture_goes_with_the_colours_of_another(seed):
    photo = random(seed) // 3 + 85  # nothing is cut off at black or white
    painted = random(seed + 1) // 4 + 96
    both = coloured(painted, photo)
    np.testing.assert_allclose(both @ LIGHT, painted @ LIGHT, atol=1)
    np.testing.assert_allclose(chroma(both), chroma(photo), atol=1)
    np.testing.assert_allclose(coloured(photo, photo), photo, atol=1)
    assert both.dtype == np.uint8


def test_colours_that_would_be_too_bright_or_dark_are_cut_off_not_wrapped():
    red = np.full((2, 2, 3), (250, 10, 10), np.uint8)
    white, black = np.full_like(red, 255), np.zeros_like(red)
    assert coloured(white, red)[0, 0, 0] == 255
    assert coloured(black, red)[0, 0, 1] == 0


# --- in a transfer --------------------------------------------------------------------------


def test_luminance_keeps_the_photos_colours_at_every_step(
    backend, small_photo, painting, every_step_shows
):
    photo = fitted(small_photo, 128)
    settings = Settings(size=128, steps=20, colours="luminance")
    *steps, end = backend.transfer(small_photo, painting, settings)
    for step in (steps[0], steps[7], end):
        inside = ((step.image > 0) & (step.image < 255)).all(-1)
        assert inside.mean() > 0.5
        np.testing.assert_allclose(chroma(step.image)[inside], chroma(photo)[inside], atol=1)
    assert np.abs(end.image @ LIGHT - photo @ LIGHT).mean() > 8, "its light is painted"


def test_the_paintings_colours_are_not_the_photos(paint, small_photo, painting):
    photo = fitted(small_photo, 128)
    painted = paint(small_photo, painting, steps=20).image
    assert np.abs(chroma(painted) - chroma(photo)).mean() > 15


def test_histogram_paints_with_the_photos_colours(paint, small_photo, painting):
    photo = fitted(small_photo, 128)
    own, moved = (
        paint(small_photo, painting, steps=25, start="noise", content_weight=0.2, colours=colours)
        for colours in ("painting", "histogram")
    )
    assert distance(moved.image, photo) < 0.6 * distance(own.image, photo)
    assert np.abs(moved.image.astype(float) - photo).mean() > 8, "and still paints"


def test_going_on_in_luminance_keeps_the_picture(backend, small_photo, painting):
    settings = Settings(size=128, steps=30, colours="luminance")
    *_, end = backend.transfer(small_photo, painting, settings)
    settings = Settings(size=128, steps=40, colours="luminance")
    first = next(backend.transfer(small_photo, painting, settings, picture=end.image, done=30))
    inside = ((end.image > 0) & (end.image < 255)).all(-1)
    np.testing.assert_allclose(first.image[inside], end.image[inside], atol=3)


# --- the start ------------------------------------------------------------------------------


def never(*_: object) -> np.ndarray:
    raise AssertionError("this start needs no preview")


def work(photo: np.ndarray, paintings: list[np.ndarray], preview=never, **options) -> Work:
    masks = options.pop("masks", [None] * len(paintings))
    picture = options.pop("picture", None)
    settings = Settings(size=128, **options).checked(len(paintings))
    return prepared(photo, paintings, masks, settings, preview, picture)


def test_each_start_is_the_picture_that_it_says(small_photo, painting):
    photo = fitted(small_photo, 128)
    np.testing.assert_array_equal(work(small_photo, [painting], start="photo").start, photo)
    np.testing.assert_array_equal(
        work(small_photo, [painting], start="colours").start, matched(photo, [painting], [1.0])
    )
    noise = work(small_photo, [painting], start="noise").start
    assert noise.shape == photo.shape and noise.std() == pytest.approx(74, abs=3)
    assert abs(np.corrcoef(noise.ravel(), photo.ravel())[0, 1]) < 0.05

    def preview(seen, paintings, shares):
        np.testing.assert_array_equal(seen, photo)
        assert paintings == [painting] and shares == [1.0]
        return 255 - seen

    shown = work(small_photo, [painting], preview, start="preview").start
    np.testing.assert_array_equal(shown, 255 - photo)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("colours", ["painting", "luminance"])
def test_every_start_is_what_shows_first(backend, small_photo, painting, start, colours):
    settings = Settings(size=128, steps=10, start=start, colours=colours)
    first, second, *_, end = backend.transfer(small_photo, painting, settings)
    photo = fitted(small_photo, 128)
    assert first.step == 0 and first.losses is None and first.image.shape == photo.shape
    away = np.abs(first.image.astype(float) - photo).mean()
    assert (away <= 1) == (start == "photo")
    grained = np.abs(end.image.astype(float) - first.image).mean()
    assert grained > 0.5 and end.losses.total < second.losses.total


def test_the_preview_is_nearest_to_the_painting(backend, small_photo, painting):
    style = {}
    for start in STARTS:
        steps = backend.transfer(small_photo, painting, Settings(size=128, start=start))
        style[start] = [next(steps), next(steps)][1].losses.style
        steps.close()
    assert style["preview"] < style["colours"] < style["photo"]
    assert style["preview"] < 0.3 * style["noise"]


@pytest.mark.parametrize("start", STARTS)
def test_a_painting_that_goes_on_has_no_start_but_its_picture(backend, small_photo, start):
    """The step shown first is the number of those done, with the picture as it was given."""
    given = random(3, 85, 128)
    settings = Settings(size=128, steps=10, start=start)
    first = next(backend.transfer(small_photo, small_photo, settings, picture=given, done=7))
    assert (first.step, first.steps) == (7, 10)
    np.testing.assert_array_equal(first.image, given)


# --- what the network sees ------------------------------------------------------------------


def test_the_network_sees_greys_for_luminance_and_all_has_the_photos_contrast(
    small_photo, painting
):
    ready = work(small_photo, [painting], start="photo", colours="luminance")
    for picture in (ready.seen, ready.start, *ready.paintings):
        spread = np.ptp(picture.astype(int), axis=-1)
        assert spread.max() <= 1, "it has a colour"
    assert np.ptp(ready.photo.astype(int), axis=-1).max() > 30
    away = distance(luminance(painting), ready.seen)
    assert distance(ready.paintings[0], ready.seen) < 0.5 * away


def test_what_is_gone_on_from_in_luminance_is_grey_too(small_photo, painting):
    ready = work(small_photo, [painting], colours="luminance", picture=fitted(small_photo, 128))
    assert np.ptp(ready.start.astype(int), axis=-1).max() == 0
    np.testing.assert_allclose(ready.start, ready.seen, atol=1)


def test_paintings_get_the_photos_colours_for_histogram(small_photo, painting):
    ready = work(small_photo, [painting], start="photo", colours="histogram")
    np.testing.assert_array_equal(ready.seen, ready.photo)
    assert ready.paintings[0].shape == painting.shape
    assert distance(ready.paintings[0], ready.photo) < 0.25 * distance(painting, ready.photo)


def test_masks_come_at_the_photos_size_and_compose_the_start(small_photo):
    mask = np.zeros((10, 40), np.float32)
    mask[:, 20:] = 1

    def preview(seen, paintings, shares):
        return np.full_like(seen, paintings[0][0, 0, 0])

    dark, light = np.full((40, 40, 3), 20, np.uint8), np.full((40, 40, 3), 200, np.uint8)
    ready = work(small_photo, [dark, light], preview, masks=[None, mask])
    assert ready.masks[0] is None and ready.masks[1].shape == ready.photo.shape[:2]
    assert (ready.start[:, :62] == 20).all() and (ready.start[:, 66:] == 200).all()
    only = work(small_photo, [light], preview, masks=[mask])
    np.testing.assert_array_equal(only.start[:, :62], only.photo[:, :62])
    assert (only.start[:, 66:] == 200).all()
    silent = work(small_photo, [dark, light], preview, masks=[None, mask], shares=(1.0, 0.0))
    assert (silent.start == 20).all()
