"""What a visitor may ask of the experiment and of the export, checked before any work."""

from __future__ import annotations

from collections.abc import Iterator

from host import UserError, checks
from plugins.gan.augmentation.experiment import experiment
from plugins.gan.augmentation.export import MOST, export
from plugins.gan.augmentation.results import AugmentSettings, AugmentStep, ExportStep
from plugins.gan.digits import digit
from plugins.gan.networks import Generator
from plugins.gan.pictures import bundled_digits

SIZE = 16
"""Of the digits: twice their own 8x8, and four times as fast as 32."""
SIZES = (5, 10, 20, 50, 100)
DEFAULTS = AugmentSettings()


def augment(
    device: str = "cpu",
    per_class: int = DEFAULTS.per_class,
    seeds: int = DEFAULTS.seeds,
    rare_class: str | int = "",
    steps: int = DEFAULTS.steps,
    gan_steps: int = DEFAULTS.gan_steps,
    seed: int = 0,
) -> Iterator[AugmentStep]:
    """Run the experiment on scikit-learn's digits at 16x16 (see :func:`.experiment.experiment`).

    per_class: 5, 10, 20, 50 or 100 labelled pictures of each digit. seeds: 1 to 20. rare_class:
    "" for none, or the digit that has only a fifth of the pictures. steps: 10 to 3,000 of the
    classifier in each arm. gan_steps: 10 to 20,000.

    Raises UserError, at once, for anything outside these ranges.
    """
    per_class = checks.whole("The number of pictures of each class", per_class, 1, 100)
    if per_class not in SIZES:
        raise UserError("The number of pictures of each class must be 5, 10, 20, 50 or 100.")
    rare = None if str(rare_class).strip() == "" else digit(rare_class, "The rare class")
    settings = AugmentSettings(
        per_class=per_class,
        seeds=checks.whole("The number of seeds", seeds, 1, 20),
        rare_class=rare,
        steps=checks.whole("The number of the classifier's steps", steps, 10, 3_000),
        gan_steps=checks.whole("The number of the GAN's steps", gan_steps, 10, 20_000),
        seed=checks.whole("The seed", seed, 0, checks.MAX_SEED - 20),
    )
    return experiment(*bundled_digits(SIZE), settings, device)


def export_pictures(
    generator: Generator,
    count_per_class: int = 100,
    seed: int = 0,
    truncation: float = 2.0,
) -> Iterator[ExportStep]:
    """Labelled pictures of a class-conditional generator as a zip (see :func:`.export.export`).

    count_per_class: at most 10,000 pictures in all. truncation: 0.1 to 4 standard deviations.

    Raises UserError, at once, for anything outside these ranges.
    """
    classes = generator.config.classes
    if not classes:
        raise UserError("This generator knows no classes, so its pictures have no labels.")
    return export(
        generator,
        checks.whole("The number of pictures of each class", count_per_class, 1, MOST // classes),
        checks.seed(seed),
        checks.number("The truncation", truncation, 0.1, 4.0),
    )
