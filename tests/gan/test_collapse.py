from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
import torch

from plugins.gan.networks import NetworkConfig
from plugins.gan.pictures import bundled_digits
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training.collapse import Reading, Verdict, diagnose
from plugins.gan.training.presets import WATCH_IT_FAIL

EVERY = 20


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def verdicts(
    steps: int,
    config: TrainingConfig,
    classes: int = 0,
    bend: Callable[[Trainer], None] | None = None,
) -> list[Verdict]:
    """What is said at each report of a real run; ``bend`` is done to the trainer in each step."""
    pictures, labels = bundled_digits(32)
    networks = NetworkConfig(width=8, classes=classes)
    trainer = Trainer(pictures, networks, config, labels=labels if classes else None)
    history: list[Reading] = []
    said = []
    for step in range(1, steps + 1):
        trainer.step()
        if bend:
            bend(trainer)
        if step % EVERY == 0:
            means, shares = trainer.means(), trainer.variation_by_class()
            gradient, _ = trainer.gradient_norms()
            history.append(
                Reading(
                    step,
                    means.loss_g,
                    means.loss_d,
                    means.fooled,
                    gradient,
                    trainer.variation(),
                    min(shares) if classes else None,
                )
            )
            said.append(diagnose(history, config.objective, conditional=bool(classes)))
    return said


@pytest.mark.parametrize("objective", ["non-saturating", "hinge"])
def test_a_healthy_run_alarms_nobody(objective: str) -> None:
    config = TrainingConfig(16, 2e-3, 2e-3, r1=0.1, objective=objective)
    assert {v.name for v in verdicts(360, config)} == {"fine"}


def test_a_discriminator_that_learns_much_faster_is_told_to_win() -> None:
    said = verdicts(300, dataclasses.replace(WATCH_IT_FAIL, batch_size=16))
    assert said[-1].name == "D wins"
    assert "Lower the discriminator's learning rate." in said[-1].advice
    assert "Try the non-saturating objective with R1." in said[-1].advice
    assert {v.name for v in said[:7]} == {"fine"}  # of the first steps nothing is said


def constant(trainer: Trainer) -> None:
    """Deaf to the latent; the class still reaches it."""
    latent = trainer.networks.latent
    for generator in (trainer.generator, trainer.average):
        with torch.no_grad():
            generator.project.weight[:, :latent] = 0


def test_a_generator_that_draws_one_picture_is_told_to_have_collapsed() -> None:
    said = verdicts(240, TrainingConfig(16), bend=constant)
    assert said[-1].name == "G collapsed"
    assert "whatever the latent" in said[-1].sentence
    assert "Switch DiffAugment on." in said[-1].advice


def test_one_picture_per_class_is_a_collapse_as_well() -> None:
    said = verdicts(240, TrainingConfig(16), classes=10, bend=constant)
    assert said[-1].name == "G collapsed"
    assert "one picture per class" in said[-1].sentence


def test_numbers_that_run_away_are_told_at_once() -> None:
    assert verdicts(40, TrainingConfig(16, 50.0, 50.0))[-1].name == "exploded"


READING = Reading(step=0, loss_g=0.7, loss_d=1.3, fooled=0.4, gradient_g=1.0, variation=0.9)


def history(**change: float) -> list[Reading]:
    return [dataclasses.replace(READING, step=step, **change) for step in range(50, 601, 50)]


def test_one_collapsed_class_of_many_is_found() -> None:
    verdict = diagnose(history(variation_worst_class=0.01), conditional=True)
    assert verdict.name == "G collapsed"
    assert "at least one class" in verdict.sentence


def test_advice_fits_what_is_already_done() -> None:
    collapsed = history(variation=0.01)
    plain, augmented = diagnose(collapsed), diagnose(collapsed, augments=True)
    assert "Switch DiffAugment on." in plain.advice
    assert "Switch DiffAugment on." not in augmented.advice
    assert "Raise the R1 penalty." in plain.advice
    assert "Raise the R1 penalty." not in diagnose(collapsed, "hinge").advice


def test_a_passing_sign_is_no_alarm() -> None:
    passing = history()
    passing[-1] = dataclasses.replace(passing[-1], fooled=0.0, loss_d=0.001, variation=0.01)
    assert diagnose(passing).name == "fine"
    assert diagnose(history(fooled=0.0, loss_d=0.001)).name == "D wins"


def test_nothing_is_said_of_an_empty_history() -> None:
    assert diagnose([]).name == "fine"
    assert diagnose([dataclasses.replace(READING, variation=0.0)]).name == "fine"


@pytest.mark.parametrize("field", ["loss_g", "loss_d", "gradient_g"])
def test_what_is_not_finite_has_exploded(field: str) -> None:
    last = dataclasses.replace(READING, step=3, **{field: float("nan")})
    verdict = diagnose([last])
    assert verdict.name == "exploded"
    assert "learning rates" in verdict.advice[0]
