"""A style transfer as its visitor meets it: steps, previews, time, and what each setting does."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from plugins.style import networks
from plugins.style import transfer as transfer_module
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import Work
from plugins.style.results import Losses
from plugins.style.settings import Settings
from plugins.style.transfer import transfer


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a tenth of a second whenever the transfer looks at it."""
    ticks = itertools.count()
    fake = SimpleNamespace(monotonic=lambda: next(ticks) / 10)
    monkeypatch.setattr(transfer_module, "time", fake)


@pytest.fixture(scope="module")
def run(backend, photo, painting):
    return list(backend.transfer(photo, painting, Settings(size=192, steps=30, start="photo")))


def likeness(picture: np.ndarray, photo: np.ndarray) -> float:
    """How much the light and dark places of two pictures are the same: 1 is all."""
    grey = [fitted(x, 32).astype(float).mean(-1).ravel() for x in (picture, photo)]
    return np.corrcoef(*grey)[0, 1]


def test_the_photo_comes_first_and_each_step_is_told(run, photo):
    assert [step.step for step in run] == list(range(31))
    assert run[0].losses is None and run[0].left is None
    np.testing.assert_array_equal(run[0].image, fitted(photo, 192))
    assert all(step.steps == 30 and step.network == "embedded" for step in run)
    assert [step.elapsed for step in run] == sorted(step.elapsed for step in run)
    assert run[-1].left == 0
    assert all(step.left > 0 for step in run[1:-1])


def test_losses_add_up_and_go_down_at_each_size(run):
    for _, group in itertools.groupby(run[1:], key=lambda step: step.side):
        totals = [step.losses.total for step in group]
        assert totals == sorted(totals, reverse=True)
        assert totals[-1] < totals[0]
    for step in run[1:]:
        parts = step.losses.content + step.losses.style + step.losses.smoothness
        assert step.losses.total == pytest.approx(parts)
        assert set(step.losses.layers) == set(networks.EMBEDDED_LAYERS)
    assert run[-1].losses.style < 0.25 * run[1].losses.style


def test_previews_have_the_size_and_shape_of_the_result(backend, photo, painting, every_step_shows):
    run = list(backend.transfer(photo, painting, Settings(size=192, steps=10)))
    height, width = photo.shape[:2]
    for step in run:
        assert step.image.dtype == np.uint8
        assert step.image.shape == (round(192 * height / width), 192, 3)


def test_pictures_come_now_and_then_and_at_both_ends(backend, photo, painting, clock):
    run = list(backend.transfer(photo, painting, Settings(size=128, steps=40)))
    shown = [step.step for step in run if step.image is not None]
    assert shown[0] == 0 and shown[-1] == 40
    assert 4 < len(shown) < 20, "a picture every four tenths of a second, not at every step"


def test_the_result_is_neither_the_photo_nor_without_it(run):
    start, end = (run[i].image.astype(float) for i in (0, -1))
    assert np.abs(end - start).mean() > 10
    assert likeness(end.astype(np.uint8), start.astype(np.uint8)) > 0.3, (
        "the photo's light and dark places are lost"
    )


def test_upright_photos_stay_upright(paint, photo, painting):
    tall = np.ascontiguousarray(photo[:, :200])
    assert paint(tall, painting).image.shape == (128, round(128 * 200 / len(tall)), 3)


def test_same_seed_same_picture_other_seed_another(paint, small_photo, painting):
    for start in ("photo", "noise"):
        first, again, other = (
            paint(small_photo, painting, start=start, seed=seed).image for seed in (5, 5, 6)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


def test_closing_the_stream_stops_it_and_the_next_run_works(backend, photo, painting):
    stream = backend.transfer(photo, painting, Settings(size=256, steps=600))
    for _ in range(4):
        next(stream)
    stream.close()
    assert next(stream, None) is None
    assert len(list(backend.transfer(photo, painting, Settings(size=128, steps=10)))) == 11


# --- coarse to fine -------------------------------------------------------------------------


class Still:
    """An objective that is satisfied at once, so that only the steps are seen."""

    network = SimpleNamespace(name="still")

    def target(self, photo, paintings, shares, masks):
        return photo.shape

    def __call__(self, picture, target, weights, layers):
        assert picture.shape == target
        return Losses(0.0, 0.0, 0.0, 0.0, {}), np.zeros_like(picture)


def sides(size: int, steps: int, done: int = 0) -> list[tuple[int, int]]:
    """(long side, evaluations) of a transfer, in its order."""
    photo = np.full((size // 4, size, 3), 100, np.uint8)
    work = Work(photo, photo, photo, [photo], [None])
    run = list(transfer(Still(), work, Settings(size=size, steps=steps).checked(), done))
    assert [step.step for step in run] == list(range(done, steps + 1))
    assert run[-1].image.shape == photo.shape
    assert run[0].side == run[1].side
    return [
        (side, len(list(group))) for side, group in itertools.groupby(run[1:], lambda s: s.side)
    ]


def test_small_pictures_are_painted_at_once_larger_ones_coarse_to_fine():
    assert sides(128, 30) == [(128, 30)]
    assert sides(191, 10) == [(191, 10)]
    assert sides(192, 30) == [(96, 12), (192, 18)]
    assert sides(639, 10) == [(320, 4), (639, 6)]
    assert sides(640, 10) == [(160, 4), (320, 4), (640, 2)]


def test_what_is_done_is_not_done_again():
    assert sides(192, 30, done=5) == [(96, 7), (192, 18)]
    assert sides(192, 30, done=12) == [(192, 18)]
    assert sides(192, 30, done=29) == [(192, 1)]
    assert sides(640, 20, done=10) == [(320, 6), (640, 4)]


def test_a_painting_goes_on_from_its_picture_as_it_is(backend, photo, painting, run):
    """No new noise, no other start: the first picture is the one that was given."""
    settings = Settings(size=192, steps=45, start="noise")
    more = list(
        backend.transfer(photo, painting, settings, picture=run[-1].image, done=run[-1].step)
    )
    assert [step.step for step in more] == list(range(30, 46))
    np.testing.assert_array_equal(more[0].image, run[-1].image)
    assert more[0].losses is None and more[-1].left == 0
    assert more[1].losses.total == pytest.approx(run[-1].losses.total, rel=0.1)
    assert more[-1].losses.total < run[-1].losses.total


def test_a_painting_that_goes_on_gets_no_new_grain(paint, small_photo, painting, run):
    ends = [
        paint(small_photo, painting, picture=run[-1].image, done=6, seed=seed).image
        for seed in (1, 2)
    ]
    np.testing.assert_array_equal(*ends)


def test_a_picture_of_another_size_is_gone_on_from_at_the_size_asked_for(
    backend, photo, painting, run
):
    first, *_, end = backend.transfer(
        photo, painting, Settings(size=128, steps=10), picture=run[-1].image, done=4
    )
    assert first.image.shape == end.image.shape == (85, 128, 3)
    assert likeness(first.image, run[-1].image) > 0.98


# --- the time there is ----------------------------------------------------------------------


def test_a_time_limit_ends_early_with_a_picture_and_nothing_left(backend, photo, painting, clock):
    settings = Settings(size=192, steps=400, seconds=3.05)
    run = list(backend.transfer(photo, painting, settings))
    assert [step.step for step in run] == list(range(len(run)))
    assert 20 < run[-1].step < 40 and run[-1].steps == 400
    assert run[-1].left == 0 and run[-1].image.shape == (128, 192, 3)
    assert run[-1].elapsed >= 3.05 > run[-2].elapsed
    assert {step.side for step in run} == {96, 192}, "the full size gets its share of the time"
    assert all(step.left <= settings.seconds for step in run[1:])
    assert all(step.left > 0 for step in run[1:-1])


def test_the_shortest_time_still_gives_a_picture(backend, photo, painting):
    *_, end = backend.transfer(photo, painting, Settings(size=192, steps=400, seconds=1e-6))
    assert end.step == 2 and end.left == 0 and end.image is not None, "one step at each size"


def test_time_enough_changes_nothing(paint, small_photo, painting):
    assert paint(small_photo, painting, seconds=3600).step == 10


# --- what the settings do -------------------------------------------------------------------


def test_more_weight_on_the_photo_keeps_more_of_it(paint, small_photo, painting):
    photo = fitted(small_photo, 128).astype(float)

    def distance(weight):
        end = paint(small_photo, painting, steps=20, content_weight=weight)
        return np.abs(end.image - photo).mean()

    assert distance(5.0) < 0.8 * distance(0.2)


def test_more_weight_on_the_painting_brings_more_of_it(paint, small_photo, painting):
    def missed(weight):
        end = paint(small_photo, painting, steps=20, start="photo", style_weight=weight)
        return sum(end.losses.layers.values())

    assert missed(3.0) < 0.8 * missed(0.1)


def test_more_smoothness_gives_calmer_pictures(paint, small_photo, painting):
    def roughness(weight):
        end = paint(small_photo, painting, steps=20, smoothness=weight)
        return np.abs(np.diff(end.image.astype(float), axis=1)).mean()

    assert roughness(5.0) < 0.8 * roughness(0.0)


def test_the_weight_of_a_layer_brings_that_layer(paint, small_photo, painting):
    fine, coarse = (
        paint(small_photo, painting, steps=30, start="photo", layer_weights=weights)
        for weights in ((1, 1, 0, 0, 0), (0, 0, 0, 0, 1))
    )
    shallow, deep = networks.EMBEDDED_LAYERS[0], networks.EMBEDDED_LAYERS[-1]
    assert fine.losses.layers[shallow] < 0.5 * coarse.losses.layers[shallow]
    assert coarse.losses.layers[deep] < 0.5 * fine.losses.layers[deep]


def test_a_shallow_content_layer_keeps_more_of_the_photo(paint, small_photo, painting):
    photo = fitted(small_photo, 128).astype(float)
    shallow, own = (
        np.abs(paint(small_photo, painting, steps=20, content_layer=name).image - photo).mean()
        for name in ("conv1", "")
    )
    assert shallow < 0.9 * own


def test_the_networks_own_content_layer_may_be_named(paint, small_photo, painting):
    (own,) = networks.embedded().content_weights
    named, default = (paint(small_photo, painting, content_layer=name).image for name in (own, ""))
    np.testing.assert_array_equal(named, default)


def test_pooling_changes_the_picture_and_what_is_loaded(backend, paint, small_photo, painting):
    average, most = (
        paint(small_photo, painting, start="photo", pooling=pooling).image
        for pooling in ("average", "max")
    )
    assert np.abs(average.astype(float) - most).mean() > 1
    assert "max pooling" in backend.health()["loaded"]


def test_a_picture_of_one_colour_is_a_style_too(paint, small_photo):
    red = np.full((64, 64, 3), (200, 30, 30), np.uint8)
    end = paint(small_photo, red, steps=40, content_weight=0.1, start="photo")
    colour = end.image.reshape(-1, 3).mean(0)
    assert np.isfinite(end.losses.total)
    assert colour[0] > colour[1:].max() + 20, "the photo's sky is blue, the style is not"


def stroke_contrast(picture: np.ndarray) -> float:
    grey = picture.astype(float).mean(-1)
    return np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()


def test_the_trained_network_paints_strokes_where_random_filters_blur(objective, photo, painting):
    # Judged without any network: the painting's contrast from pixel to pixel, the photo's light.
    seen = fitted(photo, 128)
    work = Work(seen, seen, seen, [painting], [None])
    keras.utils.set_random_seed(0)
    untrained = Objective(networks.embedded(None))
    learnt, random = (
        list(transfer(which, work, Settings(size=128, steps=30).checked()))[-1].image
        for which in (objective, untrained)
    )
    near = fitted(painting, 128)
    distance = [abs(1 - stroke_contrast(x) / stroke_contrast(near)) for x in (learnt, random)]
    assert distance[0] < 0.6 * distance[1]
    assert likeness(learnt, photo) > 0.5

    target = objective.target(fitted(photo, 128), near)
    style = [objective(x.astype(np.float32), target, (0, 1, 0))[0].style for x in (learnt, random)]
    assert style[0] < 0.7 * style[1]
