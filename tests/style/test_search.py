"""The search for a picture: it converges, in fewer evaluations than over pixels, and survives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from host import UserError
from plugins.style import networks
from plugins.style.minimise import LBFGS
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import Work
from plugins.style.search import PictureSearch
from plugins.style.settings import Settings
from plugins.style.transfer import transfer

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


@hypothesis_settings(max_examples=15, deadline=None)
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


@hypothesis_settings(max_examples=40, deadline=None)
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


# --- losses that are no numbers -------------------------------------------------------------


class Spoilt:
    """An objective whose losses or gradients are not finite at some evaluations."""

    def __init__(self, objective: Objective, spoilt: dict[int, str]) -> None:
        self.network, self.target = objective.network, objective.target
        self._objective, self._spoilt, self._calls = objective, spoilt, 0

    def __call__(self, *args):
        losses, gradient = self._objective(*args)
        how = self._spoilt.get(self._calls)
        self._calls += 1
        if how == "losses":
            losses = dataclasses.replace(losses, total=float("nan"))
        elif how == "gradient":
            gradient = np.full_like(gradient, np.nan)
        elif how == "both":
            losses = dataclasses.replace(losses, total=float("inf"))
            gradient = np.full_like(gradient, np.inf)
        return losses, gradient


def work_of(photo: np.ndarray, painting: np.ndarray) -> Work:
    return Work(photo, photo, photo, [painting], [None])


@pytest.mark.parametrize("how", ["losses", "gradient", "both"])
def test_numbers_that_are_not_finite_on_the_way_never_show(
    objective, small_photo, painting, how, every_step_shows
):
    photo = fitted(small_photo, 128)
    spoilt = Spoilt(objective, dict.fromkeys([1, 2, 5, 6, 7, 8, 9, 10, 11, 19], how))
    settings = Settings(size=128, steps=20).checked()
    run = list(transfer(spoilt, work_of(photo, painting), settings))
    assert [step.step for step in run] == list(range(21)) and run[-1].left == 0
    totals = [step.losses.total for step in run[1:]]
    assert np.isfinite(totals).all() and totals[-1] < 0.9 * totals[0]
    for step in run:
        grey = [x.astype(float).mean(-1).ravel() for x in (step.image, photo)]
        assert np.corrcoef(*grey)[0, 1] > 0.6 and step.image.mean() > 30
    assert (run[2].image == run[1].image).all() and (run[-1].image != run[0].image).any()


@pytest.mark.parametrize("how", ["losses", "gradient", "both"])
def test_not_finite_at_the_first_is_told(objective, small_photo, painting, how):
    spoilt = Spoilt(objective, {0: how})
    run = transfer(
        spoilt, work_of(fitted(small_photo, 128), painting), Settings(size=128, steps=10).checked()
    )
    assert next(run).step == 0
    with pytest.raises(UserError, match="no finite losses for these pictures"):
        next(run)


def test_a_network_of_nan_is_told(small_photo, painting):
    network = networks.embedded()
    for weight in network.model.weights:
        weight.assign(np.full(weight.shape, np.nan))
    run = transfer(
        Objective(network),
        work_of(fitted(small_photo, 128), painting),
        Settings(size=128, steps=10).checked(),
    )
    with pytest.raises(UserError, match="no finite losses"):
        list(run)
