"""L-BFGS: it finds minima, keeps to its bounds and survives functions without slope."""

from __future__ import annotations

import numpy as np
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

    search = LBFGS(rng.uniform(0, 255, 40), 0, 255)
    values = run(search, bowl, 80)
    assert values == sorted(values, reverse=True)
    np.testing.assert_allclose(search.best, goal, atol=2.0)


def test_goes_along_the_banana():
    def rosenbrock(x):
        a, b = float(x[0]), float(x[1])
        gradient = np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)], np.float32)
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2, gradient

    search = LBFGS(np.array([-1.2, 1.0]), -5, 5, move=0.1)
    run(search, rosenbrock, 150)
    np.testing.assert_allclose(search.best, [1, 1], atol=0.02)


def test_stays_within_bounds_when_the_minimum_lies_outside():
    def away(x):
        assert x.min() >= 0 and x.max() <= 255
        return float(((x - 400) ** 2).sum()), 2 * (x - 400)

    search = LBFGS(np.full((4, 4, 3), 100.0), 0, 255)
    run(search, away, 30)
    np.testing.assert_allclose(search.best, 255)


def test_no_slope_keeps_the_point():
    search = LBFGS(np.full(5, 7.0), 0, 255)
    run(search, lambda x: (1.0, np.zeros_like(x)), 10)
    np.testing.assert_array_equal(search.best, np.full(5, 7.0))
