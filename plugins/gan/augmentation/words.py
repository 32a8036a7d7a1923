"""What the experiment says in sentences (no torch)."""

from __future__ import annotations

from plugins.gan.augmentation.results import (
    BOTH,
    CLASSIC,
    GAN,
    REAL,
    REPEATED,
    REPEATED_CLASSIC,
    AugmentStep,
)
from plugins.gan.augmentation.statistics import Difference, Interval, differences

INTRODUCTION = (
    "You have few labelled pictures. **Does it help to let a GAN draw more?** Here it is tried: a "
    "GAN learns from the few pictures alone, then the same classifier is trained with and "
    "without its pictures and tested on real ones that neither has seen. "
    "Whatever comes out is said, also if it is “no”."
)
ARMS = {
    REAL: "the labelled pictures as they are",
    CLASSIC: "the same, shifted, turned and zoomed a little at random",
    GAN: "every other picture is drawn by the GAN",
    BOTH: "every other picture is drawn by the GAN, and all are shifted, turned and zoomed",
    REPEATED: "only with a rare digit: its few pictures are shown as often as any other’s, no GAN",
    REPEATED_CLASSIC: "the same, and all are shifted, turned and zoomed",
}
HOW = (
    "**How it is made fair.** In every arm the classifier has the same first weights, the same "
    "number of steps and the same test pictures; arms are compared seed by seed. A seed decides "
    "the split, the labelled pictures, the weights and the GAN. Intervals are Student’s t over "
    "seeds, 95 %; they are not widened for there being several comparisons. All seeds draw on the "
    "same 1,797 digits, so another collection of pictures may say something else. None of the "
    "GAN’s pictures is left out."
)


def points(value: float) -> str:
    """A difference with its sign: "+0.3", "−1.1"."""
    rounded = round(value, 1) + 0.0  # no "−0.0"
    return f"{'−' if rounded < 0 else '+'}{abs(rounded):.1f}"


def figures(interval: Interval) -> str:
    """ "−0.4 points, 95 % interval −1.1 to +0.3, 5 seeds"; without an interval for one seed."""
    if interval.count < 2:
        return f"{points(interval.mean)} points, 1 seed, so no interval"
    return (
        f"{points(interval.mean)} points, 95 % interval {points(interval.low)} to "
        f"{points(interval.high)}, {interval.count} seeds"
    )


def verdict(difference: Difference) -> str:
    """One sentence: did the arm with the GAN help against its base?"""
    interval = difference.interval
    against = {
        (GAN, REAL): "The GAN",
        (GAN, REPEATED): "Against simply repeating the rare pictures, the GAN",
        (GAN, CLASSIC): "Instead of classic augmentation, the GAN",
        (BOTH, CLASSIC): "On top of classic augmentation, the GAN",
        (BOTH, REPEATED_CLASSIC): "On top of repeating and classic augmentation, the GAN",
        (CLASSIC, REAL): "Classic augmentation",
    }[difference.arm, difference.base]
    if interval.count < 2:
        said = f"{against}: one seed cannot say whether it helps"
    elif interval.low > 0:
        said = f"{against} helped"
    elif interval.high < 0:
        said = f"{against} did harm"
    else:
        said = f"{against} did not help"
    return f"{said}: {figures(interval)}."


def verdicts(step: AugmentStep) -> list[str]:
    """The main sentence first, on the rare class if there is one; empty before a seed is done."""
    if step.settings.rare_class is None:
        return [verdict(each) for each in differences(step)]
    rare = step.settings.rare_class
    on_rare = [f"Class {rare}: {verdict(each)}" for each in differences(step, rare=True)]
    return on_rare + [f"All classes: {verdict(each)}" for each in differences(step)]


def progress(step: AugmentStep) -> str:
    """The status line of a run under way."""
    what = "the GAN learns" if step.stage == "the GAN" else f"classifier “{step.stage}”"
    left = f", about {_minutes(step.seconds_left)} left" if step.fraction else ""
    return (
        f"**Seed {step.seed_number} of {step.settings.seeds}**: {what} · "
        f"{step.fraction:.0%} done, {_minutes(step.seconds)} gone{left}"
    )


def ending(step: AugmentStep) -> str:
    """The status line of a run that is over."""
    seeds = int(step.finished.sum())
    tested = f"Each tested on {step.test_count} real pictures that no network had seen."
    if seeds == step.settings.seeds:
        return f"**Done** in {_minutes(step.seconds)}: {_seeds(seeds)}. {tested}"
    if not seeds:
        return "**Stopped** before the first seed was done: there is no verdict."
    return (
        f"**Stopped.** What is said rests on {_seeds(seeds)} of {step.settings.seeds}, the "
        f"finished ones. {tested}"
    )


def sheets(step: AugmentStep) -> str:
    """What the two sheets of pictures show."""
    settings = step.settings
    rare = (
        f", of the {settings.rare_class} only {settings.rare_count}"
        if settings.rare_class is not None
        else ""
    )
    text = (
        f"Seed {step.seed_number}. **Left**: the {step.labelled} labelled pictures, "
        f"{settings.per_class} of each digit{rare} (at most ten are shown). **Right**: "
        "what the GAN made of them."
    )
    if step.copies == step.copies:
        text += (
            f" {step.copies:.0%} of its pictures are nearer to a labelled one than 99 % of unseen "
            "real pictures are (about 1 % would be expected; far more means learnt by heart)."
        )
    return text


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
