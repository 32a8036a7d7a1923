from __future__ import annotations

import gc
import math
import time
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch

from host import UserError
from plugins.gan.backend import GanBackend
from plugins.gan.networks import Discriminator, NetworkConfig
from plugins.gan.pictures import bundled_digits
from plugins.gan.runs.results import TrainStep
from plugins.gan.runs.settings import RunSettings
from plugins.gan.training import Trainer, TrainingConfig, r1_penalty
from plugins.gan.training.critic import percentiles, score_pictures
from plugins.gan.training.precision import faster

SMALL = {"batch_size": 16, "width": 8}


@pytest.fixture(scope="module")
def run(backend: GanBackend) -> list[TrainStep]:
    return list(backend.train(RunSettings(steps=150, batch_size=32, width=16, seed=3)))


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
        assert 0 <= step.fooled <= 1
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
            list(backend.train(RunSettings(steps=12, seed=seed, **SMALL)))[-1] for seed in (1, 1, 2)
        )
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(first.grid, again.grid)
    assert not np.array_equal(first.grid, other.grid)


def test_a_run_leaves_the_global_random_numbers_alone(backend: GanBackend) -> None:
    torch.manual_seed(7)
    before = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    list(backend.train(RunSettings(steps=2, **SMALL)))
    after = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    assert all(torch.equal(b, a) for b, a in zip(before, after, strict=True))


def test_closing_ends_the_run_and_frees_it(backend: GanBackend) -> None:
    stream = backend.train(RunSettings(steps=20_000, **SMALL))
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
    before = list(backend.train(RunSettings(steps=20, **SMALL, **usual)))[-1].grid
    for change in ({"learning_rate_g": 2e-3}, {"learning_rate_d": 2e-3}):
        after = list(backend.train(RunSettings(steps=20, **SMALL, **{**usual, **change})))[-1].grid
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
        backend.train(RunSettings(**mistake))


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
    shown = torch.cat([trainer.reals.next_indices(trainer._random) for _ in range(5)])
    assert sorted(shown[:10].tolist()) == sorted(shown[10:].tolist()) == list(range(10))


def small(
    pictures: torch.Tensor, labels: torch.Tensor | None = None, **settings: object
) -> Trainer:
    networks = NetworkConfig(width=8, classes=0 if labels is None else 10)
    config = TrainingConfig(**{"batch_size": 8, **settings})  # type: ignore[arg-type]
    return Trainer(pictures, networks, config, labels=labels)


def test_few_pictures_are_augmented_unless_told_otherwise() -> None:
    pictures, _ = bundled_digits(32)
    assert small(pictures[:999]).augments
    assert not small(pictures[:1000]).augments
    assert small(pictures, augment=True).augments
    assert not small(pictures[:50], augment=False).augments


def test_an_update_that_is_not_finite_leaves_the_networks_usable() -> None:
    trainer = small(bundled_digits(32)[0])
    trainer.step()
    before = [p.clone() for p in trainer.average.parameters()]
    weights = [p.clone() for p in trainer.generator.parameters()]
    # The second step's pictures are spoilt, as an overflow in the discriminator would.
    handle = trainer.discriminator.register_forward_hook(lambda *call: call[-1] * float("inf"))
    trainer.step()
    handle.remove()
    broken = trainer.means()
    assert not math.isfinite(broken.loss_d + broken.loss_g)
    assert trainer.skipped == 2  # one of each player
    assert all(
        torch.equal(w, p) for w, p in zip(weights, trainer.generator.parameters(), strict=True)
    )
    assert all(p.isfinite().all() for p in trainer.average.parameters())
    trainer.step()
    assert math.isfinite(trainer.means().loss_d)
    assert any(
        not torch.equal(b, p) for b, p in zip(before, trainer.average.parameters(), strict=True)
    )


def test_variation_tells_one_picture_from_many() -> None:
    pictures, labels = bundled_digits(32)
    trainer = small(pictures, labels)
    assert len(trainer.variation_by_class()) == 10
    assert trainer.variation() < 0.02  # the average of nothing yet is plain grey
    with torch.no_grad():
        trainer.average.train()  # statistics of the batch bring out what differs
        varied = trainer.variation()
        trainer.average.project.weight[:, :64] = 0  # deaf to the latent
        assert trainer.variation() < 0.01 < 0.1 < varied


def test_automatic_precision_is_one_of_the_two_and_changes_no_random_number() -> None:
    pictures, _ = bundled_digits(32)
    automatic = small(pictures, precision="auto", seed=3)
    assert automatic.precision in ("float32", "bfloat16")
    assert automatic.step_number == 0
    fixed = small(pictures, precision=automatic.precision, seed=3)
    for trainer in (automatic, fixed):
        for _ in range(3):
            trainer.step()
    assert automatic.means() == fixed.means()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_faster_precision_is_taken(precision: str) -> None:
    class Timed:
        def __init__(self, name: str) -> None:
            self.seconds = 0.002 if name == precision else 0.02

        def step(self) -> None:
            time.sleep(self.seconds)

        def means(self) -> None: ...

    assert faster(Timed) == precision


def test_a_critic_ranks_real_pictures_above_noise() -> None:
    pictures, labels = bundled_digits(32)
    trainer = small(pictures, labels, learning_rate_d=1e-3)
    for _ in range(40):
        trainer.step()
    critic = trainer.critic()
    noise = torch.rand(20, 1, 32, 32) * 2 - 1
    real, among_real, among_fake = critic.score(pictures[:20], labels[:20])
    of_noise, noise_among_real, _ = critic.score(noise, labels[:20])
    assert real.shape == of_noise.shape == (20,)
    assert real.mean() > of_noise.mean()
    assert 20 < among_real.mean() < 80
    assert among_fake.mean() > 90
    assert noise_among_real.mean() < 10
    trainer.step()  # the critic is a copy
    np.testing.assert_array_equal(critic.score(pictures[:20], labels[:20])[0], real)


def test_percentiles_are_shares_of_the_reference_below() -> None:
    reference = np.array([3.0, 1.0, 2.0, 2.0])
    np.testing.assert_allclose(
        percentiles(np.array([0.0, 1.0, 2.0, 2.5, 9.0]), reference), [0, 12.5, 50, 75, 100]
    )


@pytest.mark.parametrize("objective", ["hinge", "non-saturating"])
def test_scoring_leaves_the_discriminator_alone(objective: str) -> None:
    pictures, labels = bundled_digits(32)
    trainer = small(pictures, labels, objective=objective)
    trainer.step()
    before = {k: v.clone() for k, v in trainer.discriminator.state_dict().items()}
    by_class = score_pictures(trainer.discriminator, pictures[:5], labels[:5])
    weighted = score_pictures(trainer.discriminator, pictures[:5], torch.eye(10)[labels[:5]])
    assert sorted(percentiles(weighted, by_class)) == [10, 30, 50, 70, 90]
    after = trainer.discriminator.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)
    assert trainer.discriminator.training


def test_the_two_halves_of_a_step_move_one_player_each() -> None:
    pictures, _ = bundled_digits(32)
    whole, halves = small(pictures), small(pictures)

    def weights(trainer: Trainer) -> tuple[torch.Tensor, torch.Tensor]:
        networks = (trainer.generator, trainer.discriminator)
        return tuple(torch.cat([p.detach().flatten() for p in n.parameters()]) for n in networks)  # type: ignore[return-value]

    start = weights(halves)
    halves.step_d()
    middle = weights(halves)
    assert torch.equal(start[0], middle[0])
    assert not torch.equal(start[1], middle[1])
    halves.step_g()
    end = weights(halves)
    assert not torch.equal(middle[0], end[0])
    assert torch.equal(middle[1], end[1])
    whole.step()
    assert all(torch.allclose(w, h) for w, h in zip(weights(whole), end, strict=True))
    with pytest.raises(RuntimeError, match="first"):
        halves.step_g()


def test_rates_can_be_changed_in_mid_run() -> None:
    trainer = small(bundled_digits(32)[0])
    trainer.step()
    before = trainer.generator.project.weight.detach().clone()
    trainer.set_rates(0.0, 1e-3)
    trainer.step()
    assert torch.equal(before, trainer.generator.project.weight)
    trainer.set_rates(1e-2, 1e-3)
    trainer.step()
    assert (before - trainer.generator.project.weight).abs().mean() > 1e-3
    assert trainer.config.learning_rate_g == 1e-2
