"""A training run in words and curves."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.gan.curves import BLUE, GREEN, GREY, ORANGE, Curve, chart
from plugins.gan.runs.results import TrainStep


def progress(now: TrainStep) -> str:
    """The status line of a run under way."""
    if now.note:
        return now.note
    if not now.measured:
        if now.begun:
            return f"Going on from step {now.begun:,}."
        return f"Step 0 of {now.steps:,}: the untrained generator draws noise."
    return (
        f"**Step {now.step:,} of {now.steps:,}** · {minutes(now.seconds)} gone, about "
        f"{minutes(now.seconds_left)} left · {now.images_per_second:,.0f} pictures a second"
        f"{_columns(now)}"
    )


def _columns(now: TrainStep) -> str:
    return f" · columns: {', '.join(now.names)}" if now.names else ""


def ending(last: TrainStep, state_step: int) -> str:
    """The status line of a run that is over."""
    if last.step == last.steps:
        took = f"the last {last.step - last.begun:,} of " if last.begun else ""
        took += f"{last.step:,} steps in {minutes(last.seconds)}"
        return f"**Done**: {took}. Move the slider to look back."
    return (
        f"**Stopped** at step {last.step:,} of {last.steps:,}. The last samples are kept; "
        f"**Go on** continues from step {state_step:,}."
    )


def health(now: TrainStep) -> str:
    """Whether training is in trouble, and what to change."""
    if not now.measured:
        return ""
    if not now.health:
        return "&#10003; Nothing looks wrong: neither player has won, and the samples differ."
    return f"**&#9888; {now.health}** What helps: {now.advice}"


def curves(points: Sequence[TrainStep]) -> str:
    """HTML of the run's four charts, or of three without classes."""
    if not points:
        return ""

    def of(name: str) -> list[tuple[float, float]]:
        values = [(p.step, getattr(p, name)) for p in points]
        return [(step, value) for step, value in values if value is not None]

    charts = [
        chart(
            "Scored as real by the discriminator",
            [
                Curve("real pictures", BLUE, of("score_real")),
                Curve("generated ones", ORANGE, of("score_fake")),
                Curve("fooled", GREEN, of("fooled")),
            ],
            (0, 1),
            (0.5, "fooled half the time"),
        ),
        chart(
            "Losses",
            [
                Curve("generator", ORANGE, of("loss_g")),
                Curve("discriminator", BLUE, of("loss_d")),
            ],
        ),
        chart(
            "Gradient norms",
            [
                Curve("generator", ORANGE, of("gradient_g")),
                Curve("discriminator", BLUE, of("gradient_d")),
            ],
        ),
    ]
    judged = of("accuracy")
    varied = Curve("variety, relative to real pictures", GREY, of("variation"))
    charts.append(
        chart(
            "Drawn as asked, judged by a classifier, and variety",
            [Curve("drawn as asked", GREEN, judged), varied],
            (0, 1.25),
        )
        if judged
        else chart("Variety of the samples", [varied], (0, 1.25), (1.0, "real pictures"))
    )
    cells = "".join(f"<div>{each}</div>" for each in charts)
    return (
        "<div style='display:grid;gap:12px;"
        f"grid-template-columns:repeat(auto-fit,minmax(260px,1fr))'>{cells}</div>"
    )


def minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def look_back_label(step: int) -> str:
    return f"First attempt → many attempts later (step {step:,})"
