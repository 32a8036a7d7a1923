"""Training runs as the backend streams them, and what can be done with the networks afterwards."""

from __future__ import annotations

import dataclasses
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from host import UserError
from host.images import to_png
from plugins.gan.backend import GanBackend
from plugins.gan.evaluation.results import Report
from plugins.gan.game.results import Turn
from plugins.gan.runs.results import Opinion, TrainStep
from plugins.gan.runs.run import Run
from plugins.gan.runs.settings import RunSettings

SMALL = RunSettings(steps=60, batch_size=16, size=16, width=8)


@pytest.fixture(scope="module")
def run(backend: GanBackend) -> list[TrainStep]:
    return list(backend.train(SMALL))


@pytest.fixture(scope="module")
def conditional(backend: GanBackend) -> TrainStep:
    settings = dataclasses.replace(SMALL, conditional=True, steps=400)
    *_, last = backend.train(settings)
    return last


def folders(count: int, names: tuple[str, ...] = ("cats", "dogs")) -> bytes:
    """A zip with ``count`` different pictures in each folder."""
    out = io.BytesIO()
    random = np.random.default_rng(0)
    with zipfile.ZipFile(out, "w") as archive:
        for number, name in enumerate(names):
            for k in range(count):
                picture = random.integers(0, 90, (20, 24, 3), np.uint8) + 120 * (number % 2)
                archive.writestr(f"{name}/{k}.png", to_png(picture.astype(np.uint8)))
    return out.getvalue()


def test_a_run_reports_from_before_its_first_step_to_its_last(run: list[TrainStep]) -> None:
    assert (run[0].step, run[-1].step) == (0, 60)
    assert all(step.grid is not None and step.grid.shape == run[0].grid.shape for step in run)
    assert run[-1].state
    assert 0 <= run[-1].fooled <= 1
    assert run[-1].pictures == 1797 - 1797 // 6  # the others are held out to measure with


def test_a_run_in_two_halves_is_the_run_in_one(backend: GanBackend, run: list[TrainStep]) -> None:
    *_, half = backend.train(dataclasses.replace(SMALL, steps=30))
    *_, whole = backend.train(SMALL, state=half.state)
    assert whole.step == 60
    np.testing.assert_allclose(whole.grid.astype(int), run[-1].grid, atol=2)


def test_a_run_that_was_opened_goes_on_and_can_be_looked_back_at(
    backend: GanBackend, run: list[TrainStep]
) -> None:
    settings, step = backend.read_run(run[-1].state)
    opened = Run(settings, state=run[-1].state, state_step=step)
    longer = dataclasses.replace(settings, steps=step + 5)
    for report in backend.train(longer, state=opened.state):
        opened.add(report)
        assert opened.attempts.items()
    assert opened.attempts.items()[0][0] == step


def test_a_run_goes_on_with_classes_only_if_it_was_begun_so(
    backend: GanBackend, run: list[TrainStep]
) -> None:
    with pytest.raises(UserError, match="begun without classes"):
        list(backend.train(dataclasses.replace(SMALL, conditional=True), state=run[-1].state))


@pytest.mark.parametrize("objective", ["hinge", "wgan-gp", "least-squares", "bce"])
def test_every_objective_trains(backend: GanBackend, objective: str) -> None:
    *_, last = backend.train(dataclasses.replace(SMALL, objective=objective, steps=20))
    assert np.isfinite([last.loss_d, last.loss_g, last.gradient_g]).all()
    assert 0 <= last.fooled <= 1


def test_a_conditional_run_has_a_column_for_each_class(conditional: TrainStep) -> None:
    rows, columns = (length // 36 for length in conditional.grid.shape[:2])
    assert (rows, columns) == (6, 10)
    assert 0 <= conditional.accuracy <= 1


def test_a_conditional_run_learns_to_draw_what_is_asked_for(conditional: TrainStep) -> None:
    assert conditional.accuracy > 0.4  # a guess is right in 10 %


def test_a_typed_number_is_drawn_in_the_runs_hand(
    backend: GanBackend, conditional: TrainStep
) -> None:
    year = backend.draw(conditional.state, "2026", seed=1)
    assert year.shape[1] == 4 * year.shape[0]
    assert not np.array_equal(year, backend.draw(conditional.state, "2026", seed=2))
    assert not np.array_equal(year, backend.draw(conditional.state, "1999", seed=1))
    with pytest.raises(UserError, match="digits from 0 to 9"):
        backend.draw(conditional.state, "cat", seed=1)


def test_the_visitors_own_folders_become_classes(backend: GanBackend) -> None:
    settings = dataclasses.replace(SMALL, data="own", conditional=True, steps=10)
    steps = list(backend.train(settings, [folders(20)]))
    assert any("cats" in step.note and "dogs" in step.note for step in steps)
    assert steps[-1].grid.shape[1] // 36 == 2
    with pytest.raises(UserError, match="0 to 1"):
        backend.draw(steps[-1].state, "7")


def test_a_conditional_run_on_pictures_without_classes_is_refused(backend: GanBackend) -> None:
    pictures = [to_png(np.full((20, 20, 3), level, np.uint8)) for level in range(20)]
    settings = dataclasses.replace(SMALL, data="own", conditional=True)
    with pytest.raises(UserError, match="needs classes"):
        list(backend.train(settings, pictures))


def test_the_critic_tells_a_digit_from_noise(backend: GanBackend) -> None:
    *_, last = backend.train(dataclasses.replace(SMALL, steps=300))
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (64, 64, 3), np.uint8)
    digit = np.asarray(Image.fromarray(backend.generate("7", count=1)[4:68, 4:68]))
    opinions: list[Opinion] = [backend.critic(last.state, each) for each in (noise, digit)]
    assert opinions[0].score < opinions[1].score
    assert all(0 <= each.above_real <= 1 and len(each.real) > 100 for each in opinions)


def test_a_run_is_measured_against_pictures_it_never_saw(
    backend: GanBackend, conditional: TrainStep
) -> None:
    *told, report = backend.measure(conditional.state)
    assert told
    assert isinstance(report, Report)
    assert report.held_out == 1797 // 6
    assert report.frechet > report.frechet_floor
    assert report.accuracy_real > 0.8
    assert report.cas is not None


def test_too_few_pictures_to_measure_with_is_a_sentence(backend: GanBackend) -> None:
    settings = dataclasses.replace(SMALL, data="own", steps=4)
    *_, last = backend.train(settings, [folders(15)])
    with pytest.raises(UserError, match="at least 60 pictures"):
        list(backend.measure(last.state, [folders(15)]))


def test_a_run_that_is_damaged_in_its_middle_is_not_opened(
    backend: GanBackend, run: list[TrainStep]
) -> None:
    state = run[-1].state
    middle = len(state) // 2
    for damaged in (state[:middle], state[:middle] + b"\xff" * 4000 + state[middle + 4000 :]):
        with pytest.raises(UserError, match=r"\.$"):
            backend.read_run(damaged)
    assert backend.read_run(state) == (SMALL, 60)


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xff" * 1000])
def test_a_damaged_run_is_a_sentence(backend: GanBackend, junk: bytes) -> None:
    for attempt in (
        lambda: backend.read_run(junk),
        lambda: backend.draw(junk),
        lambda: backend.critic(junk, np.zeros((20, 20, 3), np.uint8)),
        lambda: list(backend.measure(junk)),
        lambda: list(backend.train(SMALL, state=junk)),
        lambda: list(backend.turns(1, junk)),
    ):
        with pytest.raises(UserError, match=r"\.$"):
            attempt()


def test_a_turn_shows_what_each_player_gained(backend: GanBackend) -> None:
    *_, first = backend.turns(1)
    assert isinstance(first, Turn)
    assert first.number == 1
    before, after_d, _ = (sum(value) for value in first.values)
    assert after_d > before  # D learned: the value rose
    assert first.after_g_fake.mean() > first.after_d_fake.mean()  # then G learned from D
    *_, eleventh = backend.turns(10, first.state)
    assert eleventh.number == 11


def test_the_same_seed_is_the_same_game(backend: GanBackend) -> None:
    games = [list(backend.turns(3, None, seed))[-1] for seed in (5, 5, 6)]
    assert games[0].values == games[1].values
    assert games[0].values != games[2].values
