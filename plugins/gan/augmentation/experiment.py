"""The experiment: with real pictures only, classic augmentation, a GAN's pictures, and both."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import partial

import numpy as np
from torch import Tensor

from plugins.gan.augmentation.arms import training_set
from plugins.gan.augmentation.classic import classic
from plugins.gan.augmentation.classifier import new_classifier, training
from plugins.gan.augmentation.results import (
    BOTH,
    CLASSIC,
    REPEATED_CLASSIC,
    AugmentSettings,
    AugmentStep,
)
from plugins.gan.augmentation.small_gan import SHOWN, copies, draw, new_trainer, sheet
from plugins.gan.augmentation.split import split
from plugins.gan.networks import Generator

REPORT_SECONDS = 0.3
GAN_STAGE = "the GAN"
_GAN_COST = 2.5  # a GAN's step takes about so many times as long as a classifier's


def experiment(
    pictures: Tensor, labels: Tensor, settings: AugmentSettings, device: str = "cpu"
) -> Iterator[AugmentStep]:
    """Run the experiment and report about every 0.3 seconds; the last report is the result.

    pictures: (N, channels, size, size) in [-1, 1], size a power of two of 8 or more; labels: (N,)
    int64 from 0 up. For each seed: a third of each class is set aside for testing; of the rest,
    ``per_class`` pictures of each are the small set. A conditional GAN learns from the small set
    and nothing else. Then every arm trains a classifier with the same first weights for the same
    number of steps, and is tested on the same pictures. Nothing is chosen by looking at the test,
    and none of the GAN's pictures is left out.

    Raises ValueError, at once, where a class has too few pictures or ``rare_class`` is none.
    """
    classes = int(labels.max()) + 1
    if settings.rare_class is not None and not 0 <= settings.rare_class < classes:
        raise ValueError(f"there is no class {settings.rare_class}")
    split(labels, settings, settings.seed)
    return _Run(pictures, labels, settings, device, classes).steps()


class _Run:
    """One experiment under way."""

    def __init__(
        self,
        pictures: Tensor,
        labels: Tensor,
        settings: AugmentSettings,
        device: str,
        classes: int,
    ) -> None:
        self._pictures, self._labels = pictures.to(device), labels.cpu()
        self._settings, self._device, self._classes = settings, device, classes
        shape = (settings.seeds, len(settings.arms))
        self._accuracy = np.full(shape, math.nan)
        self._class_accuracy = np.full((*shape, classes), math.nan)
        self._real: np.ndarray | None = None
        self._generated: np.ndarray | None = None
        self._copies = math.nan
        self._started = self._reported = time.monotonic()
        # Of each kind of work: seconds spent on it, and its steps done.
        self._clock: dict[str, list[float]] = {GAN_STAGE: [0.0, 0], "arms": [0.0, 0]}

    def steps(self) -> Iterator[AugmentStep]:
        for number in range(self._settings.seeds):
            yield from self._one_seed(number)
        yield self._report(self._settings.seeds - 1, self._settings.arms[-1])

    def _one_seed(self, number: int) -> Iterator[AugmentStep]:
        settings = self._settings
        seed = settings.seed + number
        places = split(self._labels, settings, seed)
        self._test_count, self._labelled = len(places.test), len(places.labelled)
        small, small_labels = self._pictures[places.labelled], self._labels[places.labelled]
        test, test_labels = self._pictures[places.test], self._labels[places.test]
        self._real, self._generated = sheet(small, small_labels, self._classes), None
        self._copies = math.nan
        yield self._report(number, GAN_STAGE)

        trainer = new_trainer(small, small_labels, settings, self._classes, seed, self._device)
        yield self._report(number, GAN_STAGE)  # so that a visitor can stop between long steps
        before = time.monotonic()
        for _ in range(settings.gan_steps):
            trainer.step()
            before = self._tick(GAN_STAGE, before)
            if self._due():
                self._generated = self._drawn_sheet(trainer.average)
                yield self._report(number, GAN_STAGE)
                before = time.monotonic()
        yield self._report(number, GAN_STAGE)
        generated = draw(trainer.average, settings.generated_per_class, self._classes, seed)
        self._generated = sheet(generated[0], generated[1], self._classes)
        self._copies = copies(generated[0], small, test)

        real = (small, small_labels.to(self._device))
        for at, arm in enumerate(settings.arms):
            classifier = new_classifier(small.shape[1], self._classes, seed).to(self._device)
            data = training_set(arm, real, generated, self._classes, settings.generated_share)
            moved = arm in (CLASSIC, BOTH, REPEATED_CLASSIC)
            change = partial(classic, flips=settings.flips) if moved else None
            before = time.monotonic()
            for _ in training(classifier, data, settings.steps, settings.batch_size, seed, change):
                before = self._tick("arms", before)
                if self._due():
                    yield self._report(number, arm)
                    before = time.monotonic()
            right = (classifier.predicted(test) == test_labels).double()
            self._accuracy[number, at] = right.mean().item()
            for each in range(self._classes):
                self._class_accuracy[number, at, each] = right[test_labels == each].mean().item()
        yield self._report(number, settings.arms[-1])

    def _tick(self, kind: str, before: float) -> float:
        now = time.monotonic()
        self._clock[kind][0] += now - before
        self._clock[kind][1] += 1
        return now

    def _due(self) -> bool:
        return time.monotonic() - self._reported >= REPORT_SECONDS

    def _drawn_sheet(self, generator: Generator) -> np.ndarray:
        drawn, labels = draw(generator, SHOWN, self._classes, self._settings.seed)
        return sheet(drawn, labels, self._classes)

    def _report(self, number: int, stage: str) -> AugmentStep:
        fraction, left = self._remaining()
        self._reported = time.monotonic()
        return AugmentStep(
            settings=self._settings,
            seed_number=number + 1,
            stage=stage,
            fraction=fraction,
            seconds=self._reported - self._started,
            seconds_left=left,
            accuracy=self._accuracy.copy(),
            class_accuracy=self._class_accuracy.copy(),
            test_count=self._test_count,
            labelled=self._labelled,
            real=self._real,
            generated=self._generated,
            copies=self._copies,
        )

    def _remaining(self) -> tuple[float, float]:
        """The part that is done, 0 to 1, and the seconds left (0 before the first step)."""
        settings = self._settings
        totals = {
            GAN_STAGE: settings.seeds * settings.gan_steps,
            "arms": settings.seeds * settings.steps * len(settings.arms),
        }
        paces = {kind: spent / done for kind, (spent, done) in self._clock.items() if done}
        gan = paces.get(GAN_STAGE, 0.0)
        pace = {GAN_STAGE: gan, "arms": paces.get("arms", gan / _GAN_COST)}
        whole = sum(pace[kind] * totals[kind] for kind in totals)
        done = sum(pace[kind] * self._clock[kind][1] for kind in totals)
        return (done / whole if whole else 0.0), whole - done
