"""A training run, reported while it goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from host import UserError
from host.weights import WeightsStore
from plugins.gan.evaluation.classifier import Classifier, classifier_steps
from plugins.gan.evaluation.steps import told
from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.pictures import to_grid
from plugins.gan.runs import data as run_data
from plugins.gan.runs.data import RunData
from plugins.gan.runs.results import TrainStep
from plugins.gan.runs.settings import RunSettings
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training import state as run_state
from plugins.gan.training.collapse import Reading, diagnose
from plugins.gan.weights import CheckpointError

GRID_SIDE, GRID_ROWS, GRID_COLUMNS = 8, 6, 10
"""Samples shown: GRID_SIDE x GRID_SIDE; of a conditional run GRID_ROWS latents, a column for each
of up to GRID_COLUMNS classes."""
REPORT_SECONDS, JUDGE_SECONDS, STATE_SECONDS = 0.7, 3.0, 4.0
JUDGED = 200
"""Generated pictures that the classifier is asked about."""
LARGE = 64 * 64 * 3 * 64
"""From this many values in a batch on, the faster precision is looked for."""


class LiveRun:
    """Trains as ``settings`` say, on ``files`` or a known set, from ``state`` or from nothing."""

    def __init__(
        self,
        settings: RunSettings,
        files: Sequence[bytes],
        state: bytes | None,
        store: WeightsStore,
        device: str,
    ) -> None:
        self._settings, self._files, self._state = settings, files, state
        self._store, self._device = store, device

    def reports(self) -> Iterator[TrainStep]:
        """The first report comes before the first step, the last one after the last."""
        settings = self._settings
        if self._state is not None and settings.conditional != has_classes(self._state):
            begun = "without classes" if settings.conditional else "with classes"
            raise UserError(f"This run was begun {begun} and can only go on so.")
        data = yield from self._notes(run_data.read(settings, self._files, self._store))
        judge = None
        if settings.conditional:
            judge = yield from self._judge(data)
        trainer = self._trainer(data)
        if data.notice:
            yield TrainStep(0, settings.steps, note=data.notice, measured=False)
        yield from self._train(trainer, data, judge)

    def _notes(self, reading):  # type: ignore[no-untyped-def]
        told = 0.0
        while True:
            try:
                note = next(reading)
            except StopIteration as done:
                return done.value
            if time.monotonic() - told > REPORT_SECONDS / 2:
                told = time.monotonic()
                yield TrainStep(0, self._settings.steps, note=note, measured=False)

    def _judge(self, data: RunData):  # type: ignore[no-untyped-def]
        """A classifier that the generator never meets, and that never meets the generator's."""
        learning = classifier_steps(data.pictures, data.labels, seed=0, device=self._device)
        first = "First a classifier learns to name the real pictures"
        return (yield from self._notes(told(learning, lambda done: f"{first}: {done:.0%}")))

    def _trainer(self, data: RunData) -> Trainer:
        settings = self._settings
        labels = data.labels if settings.conditional else None
        config = training_config(settings, data.pictures)
        if self._state is not None:
            trainer = restored(self._state, data, self._device)
            trainer.set_rates(settings.learning_rate_g, settings.learning_rate_d)
            return trainer
        networks = NetworkConfig(
            size=settings.size,
            channels=data.pictures.shape[1],
            width=settings.width,
            classes=len(data.names) if settings.conditional else 0,
        )
        return Trainer(data.pictures, networks, config, self._device, labels)

    def _train(
        self, trainer: Trainer, data: RunData, judge: Classifier | None
    ) -> Iterator[TrainStep]:
        settings, steps = self._settings, self._settings.steps
        shown = Samples(trainer, settings.seed)
        # Untrained, the running statistics of batch norm would give plain grey.
        start = trainer.average if trainer.step_number else deepcopy(trainer.average).train()
        begun = first = trainer.step_number
        names = data.names[:GRID_COLUMNS] if settings.conditional else ()
        yield TrainStep(
            begun,
            steps,
            begun,
            measured=False,
            grid=shown.grid(start),
            pictures=len(data.pictures),
            precision=trainer.precision,
            names=names,
        )
        readings: list[Reading] = []
        started = reported = time.monotonic()
        judged = kept = -1e9
        accuracy = None
        while trainer.step_number < steps:
            trainer.step()
            now = time.monotonic()
            last = trainer.step_number == steps
            if now - reported < REPORT_SECONDS and not last:
                continue
            means = trainer.means()
            gradient_g, gradient_d = trainer.gradient_norms()
            variations = trainer.variation_by_class()
            if judge is not None and (last or now - judged > JUDGE_SECONDS):
                accuracy, judged = shown.accuracy(trainer.average, judge), now
            state = None
            if last or now - kept > STATE_SECONDS:
                state, kept = to_state(trainer, settings), now
            readings.append(
                Reading(
                    trainer.step_number,
                    means.loss_g,
                    means.loss_d,
                    means.fooled,
                    gradient_g,
                    float(np.mean(variations)),
                    min(variations) if settings.conditional else None,
                    trainer.skipped,
                )
            )
            verdict = diagnose(readings, settings.objective, settings.conditional, trainer.augments)
            done = trainer.step_number - begun
            now = time.monotonic()
            yield TrainStep(
                step=trainer.step_number,
                steps=steps,
                begun=begun,
                grid=shown.grid(trainer.average),
                loss_g=means.loss_g,
                loss_d=means.loss_d,
                score_real=means.score_real,
                score_fake=means.score_fake,
                fooled=means.fooled,
                gradient_g=gradient_g,
                gradient_d=gradient_d,
                variation=float(np.mean(variations)),
                accuracy=accuracy,
                health="" if verdict.name == "fine" else verdict.sentence,
                advice=" ".join(verdict.advice),
                seconds=now - started,
                seconds_left=(now - started) / done * (steps - trainer.step_number),
                images_per_second=(trainer.step_number - first)
                * settings.batch_size
                / max(now - reported, 1e-9),
                precision=trainer.precision,
                pictures=len(data.pictures),
                names=names,
                state=state,
            )
            first, reported = trainer.step_number, time.monotonic()


class Samples:
    """Pictures of always the same latents."""

    def __init__(self, trainer: Trainer, seed: int) -> None:
        networks = trainer.networks
        self._classes = min(networks.classes, GRID_COLUMNS)
        self._networks, self._device, self._seed = networks, trainer.device, seed
        if self._classes:
            points = latents(seed, GRID_ROWS, networks.latent, truncation=4.0)
            points = points.repeat_interleave(self._classes, 0)
            asked = torch.arange(self._classes).repeat(GRID_ROWS)
            self._labels: Tensor | None = self._one_hot(asked)
        else:
            points = latents(seed, GRID_SIDE**2, networks.latent, truncation=4.0)
            self._labels = None
        self._points = points.to(self._device)

    def _one_hot(self, classes: Tensor) -> Tensor:
        return one_hot(classes, self._networks.classes).float().to(self._device)

    @torch.inference_mode()
    def grid(self, generator: Generator) -> np.ndarray:
        columns = self._classes or GRID_SIDE
        scale = 2 if self._networks.size <= 32 else 1
        return to_grid(generator(self._points, self._labels), columns, scale)

    @torch.inference_mode()
    def accuracy(self, generator: Generator, judge: Classifier) -> float:
        """The share of JUDGED pictures, of all classes in turn, that are taken for their class."""
        classes = self._networks.classes
        asked = torch.arange(classes).repeat(JUDGED // classes + 1)[:JUDGED]
        points = latents(self._seed + 1, JUDGED, self._networks.latent, truncation=4.0)
        drawn = generator(points.to(self._device), self._one_hot(asked))
        return (judge.look(drawn)[1] == asked).float().mean().item()


def training_config(settings: RunSettings, pictures: Tensor) -> TrainingConfig:
    """The worker's words for a visitor's settings."""
    values = settings.batch_size * pictures[0].numel()
    return TrainingConfig(
        batch_size=settings.batch_size,
        learning_rate_g=settings.learning_rate_g,
        learning_rate_d=settings.learning_rate_d,
        r1=settings.r1,
        augment={"on": True, "off": False}.get(settings.augment),
        precision="auto" if values >= LARGE else "float32",
        objective=settings.objective,
        seed=settings.seed,
    )


def has_classes(state: bytes) -> bool:
    """Whether a saved run is conditional. Raises UserError for no saved run."""
    try:
        return run_state.read_configs(state)[0].classes > 0
    except CheckpointError as error:
        raise UserError(str(error)) from error


def restored(state: bytes, data: RunData, device: str) -> Trainer:
    """A saved run on its pictures. Raises UserError where they do not go together."""
    labels = data.labels if has_classes(state) else None
    try:
        return run_state.restore(state, data.pictures, labels, device)
    except CheckpointError as error:
        raise UserError(str(error)) from error


def to_state(trainer: Trainer, settings: RunSettings) -> bytes:
    return run_state.to_bytes(trainer, {"settings": json.dumps(asdict(settings))})


def read_run(state: bytes) -> tuple[RunSettings, int]:
    """The settings of a saved run, and the steps it has behind it.

    Raises UserError for anything but a run saved here.
    """
    try:
        networks, _, step = run_state.read_configs(state)
        run_state.verify(state)
        settings = RunSettings(**json.loads(run_state.read_extra(state)["settings"])).checked()
        if settings.conditional != (networks.classes > 0):
            raise ValueError("classes")
        return settings, step
    except CheckpointError as error:
        raise UserError(str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("This file holds no run of this page.") from error
