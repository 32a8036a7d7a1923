"""The objective of a run: its formulas with the current numbers in them, as Markdown."""

from __future__ import annotations

from plugins.gan.runs.results import TrainStep
from plugins.gan.runs.settings import RunSettings
from plugins.gan.training.objective_words import OBJECTIVE_WORDS


def now(step: TrainStep, settings: RunSettings) -> str:
    """Formulas, numbers and source of the objective; "" before the first step."""
    if not step.measured:
        return ""
    words = OBJECTIVE_WORDS[settings.objective]
    notes = []
    if settings.objective == "non-saturating" and not settings.r1:
        notes.append("The R1 penalty is switched off.")
    if settings.conditional:
        notes.append("D and G are both told the class.")
    notes.append("Samples come from the moving average of G.")
    return (
        f"**{words.title}.** {words.sentence}\n\n$${words.loss_d}$$\n\n$${words.loss_g}$$\n\n"
        f"Now: D's loss **{step.loss_d:.3f}**{_guessing(words.guessing_d)}, G's loss "
        f"**{step.loss_g:.3f}**{_guessing(words.guessing_g)}. {' '.join(notes)} "
        f"Convolutions in {step.precision}. ({words.source})"
    )


def _guessing(value: float | None) -> str:
    return "" if value is None else f" ({value:.3f} when D can only guess)"
