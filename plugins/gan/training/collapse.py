"""Is the run going wrong, and what helps? Read from the figures of its past reports.

No PyTorch, so that the page may ask as well. Each sign must last for a while: in the first steps
of every healthy run the discriminator wins and the samples look alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plugins.gan.training.objective_words import OBJECTIVE_WORDS

FIRST_STEPS = 150
"""Before so many steps only an explosion is told."""
LASTING_STEPS, LASTING_READINGS = 100, 4
"""A sign counts when all readings of so many last steps have it, and at least so many readings."""
RUNAWAY = 1e6
"""No loss or gradient of a run that still learns is as large."""
NOT_FOOLED = 0.02
SAME_PICTURE = 0.08
"""Variation below this share of the real pictures' is one picture with small changes."""
VANISHED = 0.05
"""A gradient below this share of its largest size has vanished."""
CERTAIN = 0.05
"""A discriminator whose loss is below this share of a guesser's is certain."""


@dataclass(frozen=True)
class Reading:
    """What a report says. step: steps done. loss_g, loss_d, fooled: ``Trainer.means()``.
    gradient_g: the generator's gradient norm. variation, variation_worst_class: the mean and the
    lowest of ``Trainer.variation_by_class()``. skipped: ``Trainer.skipped``, updates left out."""

    step: int
    loss_g: float
    loss_d: float
    fooled: float
    gradient_g: float
    variation: float
    variation_worst_class: float | None = None
    skipped: int = 0


@dataclass(frozen=True)
class Verdict:
    """name: "fine" | "D wins" | "G collapsed" | "exploded". sentence: what is seen.
    advice: what to change, in order; empty when fine."""

    name: str
    sentence: str
    advice: tuple[str, ...] = ()


FINE = Verdict("fine", "Both players keep up with each other.")


def diagnose(
    history: Sequence[Reading],
    objective: str = "non-saturating",
    conditional: bool = False,
    augments: bool = False,
) -> Verdict:
    """The state of a run at its last reading. history: oldest first; at step 0 it is too early.

    objective: its name. conditional: the samples were compared within each class. augments:
    DiffAugment is on.
    """
    readings = [reading for reading in history if reading.step > 0]
    if not readings:
        return FINE
    if _exploded(readings[-1]):
        return Verdict(
            "exploded",
            "The numbers have run away, past all sense or past what the machine can hold.",
            ("Start again with both learning rates ten times lower.", *_steadier(objective)),
        )
    lasting = _lasting(readings)
    if not lasting:
        return FINE
    if _collapsed(lasting):
        return _collapse(lasting[-1], objective, conditional, augments)
    if _d_wins(readings, lasting, objective):
        return Verdict(
            "D wins",
            "The discriminator tells nearly every picture apart, and the generator no longer "
            "catches up.",
            ("Lower the discriminator's learning rate.", *_steadier(objective), *_more(augments)),
        )
    return FINE


def _exploded(reading: Reading) -> bool:
    numbers = (reading.loss_g, reading.loss_d, reading.gradient_g, reading.variation)
    return not all(math.isfinite(n) and abs(n) < RUNAWAY for n in numbers)


def _lasting(readings: list[Reading]) -> list[Reading]:
    """The readings of the last LASTING_STEPS, none when it is too early to tell."""
    last = readings[-1].step
    # The reading before the window says nothing about the window: means run from it onwards.
    chosen = [reading for reading in readings if reading.step > last - LASTING_STEPS]
    chosen = readings[-max(len(chosen), LASTING_READINGS) :]
    if len(chosen) < LASTING_READINGS or chosen[0].step < FIRST_STEPS:
        return []
    return chosen


def _collapsed(lasting: list[Reading]) -> bool:
    return all(_lowest(reading) < SAME_PICTURE for reading in lasting)


def _lowest(reading: Reading) -> float:
    worst = reading.variation_worst_class
    return reading.variation if worst is None else min(worst, reading.variation)


def _d_wins(readings: list[Reading], lasting: list[Reading], objective: str) -> bool:
    """D is hardly ever fooled, and G's gradient has vanished or D has nothing left to learn."""
    if any(reading.fooled > NOT_FOOLED for reading in lasting):
        return False
    most = max(reading.gradient_g for reading in readings)
    vanished = all(reading.gradient_g < VANISHED * most for reading in lasting)
    guessing = OBJECTIVE_WORDS[objective].guessing_d or 0.0
    # A critic without bounds (guessing: 0) always has something to learn.
    sure = all(reading.loss_d < CERTAIN * guessing for reading in lasting)
    return vanished or sure if guessing else vanished


def _collapse(reading: Reading, objective: str, conditional: bool, augments: bool) -> Verdict:
    if not conditional:
        sentence = "The generator draws nearly the same picture whatever the latent."
    elif reading.variation < SAME_PICTURE:
        sentence = "The generator draws one picture per class, whatever the latent."
    else:
        sentence = "In at least one class the generator draws one picture, whatever the latent."
    advice = ("Lower the generator's learning rate.", *_steadier(objective), *_more(augments))
    return Verdict("G collapsed", sentence, advice)


def _steadier(objective: str) -> tuple[str, ...]:
    if objective == "non-saturating":
        return ("Raise the R1 penalty.", "Try the hinge objective.")
    return ("Try the non-saturating objective with R1.",)


def _more(augments: bool) -> tuple[str, ...]:
    return ("Use a larger batch.",) if augments else ("Switch DiffAugment on.",)
