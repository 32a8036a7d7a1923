"""What the experiment is told and what it answers. NumPy only: the web process reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REAL, CLASSIC, GAN, BOTH = "real only", "classic", "GAN", "GAN + classic"
REPEATED, REPEATED_CLASSIC = "rare repeated", "rare repeated + classic"
"""The two arms that only a rare class adds: its real pictures, shown as often as any other's."""


@dataclass(frozen=True)
class AugmentSettings:
    """One experiment.

    per_class: labelled pictures of each class. seeds: how often all is done anew, with another
    split, other weights and another GAN. rare_class: has only ``rare_share`` as many pictures;
    None for no rare class.
    steps, batch_size: of the classifier, the same in every arm.
    gan_steps, gan_batch, width: of the GAN, which learns from the labelled pictures alone.
    generated_per_class: pictures drawn from it. generated_share: part of each batch (expected)
    that is generated in the arms with the GAN.
    flips: let classic augmentation mirror pictures; wrong for digits.
    precision: of the GAN's convolutions, "float32" or "bfloat16".
    """

    per_class: int = 20
    seeds: int = 5
    rare_class: int | None = None
    rare_share: float = 0.2
    steps: int = 300
    batch_size: int = 64
    gan_steps: int = 1500
    gan_batch: int = 32
    width: int = 16
    generated_per_class: int = 200
    generated_share: float = 0.5
    flips: bool = False
    precision: str = "float32"
    seed: int = 0

    @property
    def rare_count(self) -> int:
        """Pictures of the rare class."""
        return max(1, round(self.per_class * self.rare_share))

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms of the experiment, in order."""
        if self.rare_class is None:
            return (REAL, CLASSIC, GAN, BOTH)
        return (REAL, REPEATED, CLASSIC, REPEATED_CLASSIC, GAN, BOTH)


@dataclass(frozen=True, eq=False)
class AugmentStep:
    """How an experiment stands.

    seed_number: of the seed under way, from 1. stage: what is being trained, an arm or "the GAN".
    fraction: done of the whole, 0 to 1. seconds, seconds_left: gone, and an estimate.
    accuracy: (seeds, arms) on the test pictures, NaN where not known yet.
    class_accuracy: (seeds, arms, classes) likewise.
    test_count: test pictures of each seed. labelled: pictures in the small set.
    real, generated: sheets of the current seed, a row for each class, RGB uint8 (H, W, 3);
        None until there are such pictures. real shows the small set, up to ten of a class.
    copies: share of the generated pictures that lie nearer to a picture of the small set than 1 %
        of the unseen real ones do; NaN before they are drawn.
    """

    settings: AugmentSettings
    seed_number: int
    stage: str
    fraction: float
    seconds: float
    seconds_left: float
    accuracy: np.ndarray
    class_accuracy: np.ndarray
    test_count: int
    labelled: int
    real: np.ndarray | None
    generated: np.ndarray | None
    copies: float

    @property
    def finished(self) -> np.ndarray:
        """Which seeds are known in every arm, bool (seeds,)."""
        done: np.ndarray = ~np.isnan(self.accuracy).any(1)
        return done

    def rare_accuracy(self) -> np.ndarray | None:
        """(seeds, arms) on the rare class, None where there is none."""
        rare = self.settings.rare_class
        return None if rare is None else self.class_accuracy[:, :, rare]


@dataclass(frozen=True)
class ExportStep:
    """How an export stands. archive: the zip's bytes, None before the end."""

    done: int
    total: int
    archive: bytes | None = None
