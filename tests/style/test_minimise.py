"""L-BFGS: it finds minima and survives functions without slope or finite numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.style.minimise import LBFGS


def run(search: LBFGS, function, evaluations: int) -> list[float]:
    values = []
    for _ in range(evaluations):
        search.tell(*function(search.trial))
        values.append(search.value)
    return values


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_finds_the_minimum_of_a_stretched_bowl(seed):
    rng = np.random.default_rng(seed)
    goal = rng.uniform(50, 200, 40).astype(np.float32)
    steepness = np.geomspace(0.01, 1, 40).astype(np.float32)

    def bowl(x):
        return float((steepness * (x - goal) ** 2).sum()), 2 * steepness * (x - goal)

    search = LBFGS(rng.uniform(0, 255, 40))
    values = run(search, bowl, 80)
    assert values == sorted(values, reverse=True)
    np.testing.assert_allclose(search.best, goal, atol=2.0)


def test_goes_along_the_banana():
    def rosenbrock(x):
        a, b = float(x[0]), float(x[1])
        gradient = np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)], np.float32)
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2, gradient

    search = LBFGS(np.array([-1.2, 1.0]), move=0.1)
    run(search, rosenbrock, 150)
    np.testing.assert_allclose(search.best, [1, 1], atol=0.02)


def test_no_slope_keeps_the_point():
    search = LBFGS(np.full(5, 7.0))
    run(search, lambda x: (1.0, np.zeros_like(x)), 10)
    np.testing.assert_array_equal(search.best, np.full(5, 7.0))


def bowl(x: np.ndarray) -> tuple[float, np.ndarray]:
    goal = np.linspace(60, 200, x.size, dtype=np.float32).reshape(x.shape)
    steepness = np.geomspace(0.05, 1, x.size, dtype=np.float32).reshape(x.shape)
    return float((steepness * (x - goal) ** 2).sum()), 2 * steepness * (x - goal)


SPOILT = {
    "value nan": lambda value, gradient: (float("nan"), gradient),
    "value inf": lambda value, gradient: (float("inf"), gradient),
    "value -inf": lambda value, gradient: (float("-inf"), gradient),
    "gradient nan": lambda value, gradient: (value, np.where(np.eye(3, 4) > 0, np.nan, gradient)),
    "gradient inf": lambda value, gradient: (value, gradient + np.float32("inf")),
    "both nan": lambda value, gradient: (float("nan"), gradient * np.nan),
}


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(1, 20), st.sampled_from(sorted(SPOILT)), min_size=1, max_size=12)
)
def test_what_is_not_finite_on_the_way_shortens_the_step_and_the_search_goes_on(spoilt):
    search = LBFGS(np.full((3, 4), 100.0))
    values = []
    better = False
    for evaluation in range(60):
        value, gradient = bowl(search.trial)
        if evaluation in spoilt:
            before = float(np.abs(search.trial - search.best).max())
            kept = search.best
            assert not search.tell(*SPOILT[spoilt[evaluation]](value, gradient))
            assert search.best is kept
            after = float(np.abs(search.trial - search.best).max())
            assert after < before or not better, "after a good step a bad one is shortened"
            better = False
        else:
            better = search.tell(value, gradient)
        assert np.isfinite(search.trial).all() and np.isfinite(search.best).all()
        values.append(search.value)
    assert values == sorted(values, reverse=True)
    assert values[-1] < 1e-3 * values[0]


@pytest.mark.parametrize("how", sorted(SPOILT))
def test_where_the_search_starts_all_must_be_finite(how):
    search = LBFGS(np.full((3, 4), 100.0))
    with pytest.raises(FloatingPointError, match="not finite where the search starts"):
        search.tell(*SPOILT[how](*bowl(search.trial)))
    np.testing.assert_array_equal(search.best, np.full((3, 4), 100.0))


def test_a_function_that_is_never_finite_again_leaves_the_first_point():
    search = LBFGS(np.full((3, 4), 100.0))
    search.tell(*bowl(search.trial))
    for _ in range(40):
        assert not search.tell(float("nan"), np.full((3, 4), np.nan, np.float32))
    np.testing.assert_array_equal(search.best, np.full((3, 4), 100.0))
    assert np.abs(search.trial - search.best).max() < 0.01, "the step was not shortened"
