"""The search for a picture: it converges, in fewer evaluations than over pixels, and survives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.style.minimise import LBFGS
from plugins.style.pictures import fitted
from plugins.style.search import PictureSearch

WEIGHTS = (0.15, 1.0, 0.6)

Function = Callable[[np.ndarray], "tuple[float, np.ndarray]"]


def bowl(goal: np.ndarray) -> Function:
    return lambda x: (float(((x - goal) ** 2).sum()), 2 * (x - goal))


def searched(search: PictureSearch, function: Function, evaluations: int) -> list[float]:
    values = []
    for _ in range(evaluations):
        better = search.tell(*function(search.trial))
        assert search.trial.min() >= 0 and search.trial.max() <= 255
        assert search.best.min() >= 0 and search.best.max() <= 255
        values.append(search.value)
        assert not better or len(values) == 1 or values[-1] <= values[-2]
    return values


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24), st.integers(1, 24))
def test_finds_the_picture_at_the_bottom_of_a_bowl(seed, height, width):
    rng = np.random.default_rng(seed)
    goal = rng.uniform(20, 235, (height, width, 3)).astype(np.float32)
    search = PictureSearch(rng.uniform(0, 255, (height, width, 3)))
    values = searched(search, bowl(goal), 60)
    assert values == sorted(values, reverse=True)
    np.testing.assert_allclose(search.best, goal, atol=2)
    assert search.best.dtype == search.trial.dtype == np.float32
    assert search.best.shape == (height, width, 3)


def test_the_first_trial_is_the_start_and_the_value_is_that_of_the_best():
    start = np.random.default_rng(0).uniform(0, 255, (9, 14, 3)).astype(np.float32)
    search = PictureSearch(start)
    np.testing.assert_array_equal(search.trial, start)
    np.testing.assert_array_equal(search.best, start)
    assert search.value is None
    function = bowl(np.full_like(start, 99))
    searched(search, function, 12)
    assert search.value == pytest.approx(function(search.best)[0])


def test_the_first_step_is_as_long_as_asked():
    start = np.full((24, 32, 3), 128, np.float32)
    gradient = np.random.default_rng(1).normal(0, 1, start.shape).astype(np.float32)
    lengths = []
    for move in (2.0, 8.0):
        search = PictureSearch(start, move)
        search.tell(1.0, gradient)
        lengths.append(np.sqrt(((search.trial - start) ** 2).mean()))
    assert 1 < lengths[0] < 10 and lengths[1] == pytest.approx(4 * lengths[0], rel=0.01)


def test_broad_areas_move_more_than_grain():
    start = np.full((32, 32, 3), 128, np.float32)
    x = np.arange(32) + 0.5
    broad, grain = (np.cos(np.pi * k * x / 32)[None, :, None] for k in (1, 30))
    search = PictureSearch(start)
    search.tell(1.0, np.broadcast_to(broad + grain, start.shape).astype(np.float32))
    moved = (search.trial - start)[..., 0]
    assert abs((moved * broad[..., 0]).sum()) > 4 * abs((moved * grain[..., 0]).sum())


def test_a_goal_beyond_black_and_white_ends_at_them():
    start = np.full((16, 16, 3), 120, np.float32)
    goal = np.full_like(start, 400)
    goal[:, :8] = -300
    search = PictureSearch(start)
    searched(search, bowl(goal), 60)
    np.testing.assert_allclose(search.best[:, :6], 0, atol=12)
    np.testing.assert_allclose(search.best[:, 10:], 255, atol=12)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_needs_fewer_evaluations_than_a_search_over_the_pixels(
    objective, small_photo, painting, seed
):
    target = objective.target(small_photo, fitted(painting, 96))
    grain = np.random.default_rng(seed).normal(0, 4, small_photo.shape)
    start = np.clip(small_photo + grain, 0, 255).astype(np.float32)
    pixels, search = LBFGS(start), PictureSearch(start)
    for _ in range(50):
        losses, gradient = objective(pixels.trial, target, WEIGHTS)
        pixels.tell(losses.total, gradient)
    evaluations = 0
    while search.value is None or search.value > pixels.value:
        losses, gradient = objective(search.trial, target, WEIGHTS)
        search.tell(losses.total, gradient)
        evaluations += 1
        assert evaluations < 40, "no fewer than over the pixels"


# --- what is not finite ---------------------------------------------------------------------


def spoil(how: str, value: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
    part, number = how.split()
    if part == "value":
        return float(number), gradient
    gradient = gradient.copy()
    gradient[2, 3, 1] = float(number)  # one pixel is enough
    return (float(number) if part == "both" else value), gradient


HOWS = [f"{part} {what}" for part in ("value", "gradient", "both") for what in ("nan", "inf")]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(1, 25), st.sampled_from(HOWS), min_size=1, max_size=15))
def test_what_is_not_finite_on_the_way_is_left_and_the_search_goes_on(spoilt):
    goal = np.random.default_rng(3).uniform(30, 225, (8, 10, 3)).astype(np.float32)
    search, function = PictureSearch(np.full(goal.shape, 128.0)), bowl(goal)
    better = False
    for evaluation in range(70):
        value, gradient = function(search.trial)
        if evaluation in spoilt:
            best = search.best
            before = float(np.square(search.trial - best).sum())
            assert not search.tell(*spoil(spoilt[evaluation], value, gradient))
            assert search.best is best
            after = float(np.square(search.trial - best).sum())
            assert after < before or not better, "after a good step a bad one is shortened"
            better = False
        else:
            better = search.tell(value, gradient)
        for picture in (search.trial, search.best):
            assert np.isfinite(picture).all() and picture.mean() > 30
    np.testing.assert_allclose(search.best, goal, atol=4)


@pytest.mark.parametrize("how", HOWS)
def test_where_it_starts_all_must_be_finite(how):
    search = PictureSearch(np.full((8, 10, 3), 128.0))
    with pytest.raises(FloatingPointError):
        search.tell(*spoil(how, 1.0, np.ones((8, 10, 3), np.float32)))
