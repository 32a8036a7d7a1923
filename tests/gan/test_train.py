from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch

from host import UserError
from plugins.gan.backend import GanBackend
from plugins.gan.networks import Discriminator, NetworkConfig
from plugins.gan.pictures import bundled_digits
from plugins.gan.results import TrainStep
from plugins.gan.training import Trainer, TrainingConfig, r1_penalty

SMALL = {"batch_size": 16, "width": 8}


@pytest.fixture(scope="module")
def run(backend: GanBackend) -> list[TrainStep]:
    return list(backend.train(steps=150, batch_size=32, width=16, seed=3))


def test_it_reports_from_the_first_step_to_the_last(run: list[TrainStep]) -> None:
    assert run[0].step == 0
    assert run[-1].step == run[-1].steps == 150
    assert [step.step for step in run] == sorted({step.step for step in run})
    assert run[-1].seconds_left == 0
    assert all(step.images_per_second > 0 for step in run[1:])


def test_the_numbers_are_sensible(run: list[TrainStep]) -> None:
    for step in run[1:]:
        numbers = (step.loss_g, step.loss_d, step.gradient_g, step.gradient_d)
        assert all(math.isfinite(number) and number > 0 for number in numbers)
        assert 0 <= step.score_fake <= 1
        assert 0 <= step.score_real <= 1


def test_the_samples_come_to_look_like_the_digits(
    run: list[TrainStep], cells: Callable[[np.ndarray], np.ndarray]
) -> None:
    digits = (bundled_digits(32)[0].mean(dim=(0, 1)).numpy() + 1) * 127.5

    def distance(grid: np.ndarray) -> float:
        mean = cells(grid)[..., 0].reshape(64, 32, 2, 32, 2).mean(axis=(0, 2, 4))
        return float(np.abs(mean - digits).mean())

    assert run[0].grid.shape == run[-1].grid.shape == (548, 548, 3)
    assert run[0].grid.dtype == np.uint8
    assert distance(run[-1].grid) < 0.4 * distance(run[0].grid)


def test_the_untrained_generator_draws_visible_noise(
    run: list[TrainStep], cells: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert cells(run[0].grid).std(axis=(1, 2, 3)).min() > 5


def test_the_seed_decides_the_run(backend: GanBackend) -> None:
    # One thread, so that sums are taken in the same order.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first, again, other = (
            list(backend.train(steps=12, seed=seed, **SMALL))[-1] for seed in (1, 1, 2)
        )
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(first.grid, again.grid)
    assert not np.array_equal(first.grid, other.grid)


def test_a_run_leaves_the_global_random_numbers_alone(backend: GanBackend) -> None:
    torch.manual_seed(7)
    before = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    list(backend.train(steps=2, **SMALL))
    after = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    assert all(torch.equal(b, a) for b, a in zip(before, after, strict=True))


def test_closing_ends_the_run_and_frees_it(backend: GanBackend) -> None:
    stream = backend.train(steps=20_000, **SMALL)
    next(stream)
    trainers = [o for o in gc.get_objects() if type(o) is Trainer]
    watched = weakref.ref(trainers[-1])
    trainers.clear()
    stream.close()
    gc.collect()
    assert watched() is None
    with pytest.raises(StopIteration):
        next(stream)


def test_both_learning_rates_matter(backend: GanBackend) -> None:
    usual = {"learning_rate_g": 5e-4, "learning_rate_d": 5e-4}
    before = list(backend.train(steps=20, **SMALL, **usual))[-1].grid
    for change in ({"learning_rate_g": 2e-3}, {"learning_rate_d": 2e-3}):
        after = list(backend.train(steps=20, **SMALL, **{**usual, **change}))[-1].grid
        assert np.abs(before.astype(int) - after).mean() > 0.1


def test_r1_keeps_the_discriminator_flat_around_real_pictures() -> None:
    pictures = bundled_digits(32)[0][:200]
    slopes = []
    for r1 in (0.0, 10.0):
        trainer = Trainer(
            pictures,
            NetworkConfig(width=8),
            TrainingConfig(batch_size=16, learning_rate_d=1e-3, r1=r1, r1_every=4),
        )
        for _ in range(60):
            trainer.step()
        slopes.append(r1_penalty(trainer.discriminator, pictures).item())
    assert slopes[1] < 0.5 * slopes[0]


@pytest.mark.parametrize(
    "mistake",
    [
        {"steps": 0},
        {"steps": 10**6},
        {"steps": 1.5},
        {"batch_size": 1},
        {"batch_size": 10_000},
        {"width": 0},
        {"learning_rate_g": 0},
        {"learning_rate_d": 1.0},
        {"r1": -1},
        {"seed": "x"},
    ],
    ids=lambda mistake: next(iter(mistake)),
)
def test_a_mistake_is_answered_before_anything_is_trained(
    backend: GanBackend, mistake: dict
) -> None:
    with pytest.raises(UserError, match=r"\.$"):
        backend.train(**mistake)


def test_r1_is_half_the_squared_slope_of_the_score() -> None:
    torch.manual_seed(0)
    network = Discriminator(NetworkConfig(width=8)).double()
    pictures = torch.rand(3, 1, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        slopes = torch.zeros_like(pictures)
        for place in np.ndindex(32, 32):
            nudge = torch.zeros_like(pictures)
            nudge[(slice(None), 0, *place)] = 1e-5
            difference = network(pictures + nudge) - network(pictures - nudge)
            slopes[(slice(None), 0, *place)] = difference / 2e-5
    expected = 0.5 * slopes.square().sum(dim=(1, 2, 3)).mean()
    torch.testing.assert_close(r1_penalty(network, pictures), expected, rtol=1e-4, atol=0)


def test_every_picture_is_shown_once_before_any_again() -> None:
    pictures = torch.arange(10.0).view(10, 1, 1, 1).expand(10, 1, 32, 32)
    trainer = Trainer(pictures, NetworkConfig(width=8), TrainingConfig(batch_size=4))
    shown = torch.cat([next(trainer._order) for _ in range(5)])
    assert sorted(shown[:10].tolist()) == sorted(shown[10:].tolist()) == list(range(10))
