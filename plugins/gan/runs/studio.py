"""What can be done with the two networks of a run: draw, judge pictures, measure."""

from __future__ import annotations

from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn.functional import one_hot

from host import UserError
from host.weights import WeightsStore
from plugins.gan import sampling
from plugins.gan.digits import digit_string
from plugins.gan.evaluation.classifier import classifier_steps
from plugins.gan.evaluation.evaluate import LEAST, evaluate_steps
from plugins.gan.evaluation.results import Report
from plugins.gan.evaluation.steps import finish, told
from plugins.gan.latents import latents
from plugins.gan.networks import Generator
from plugins.gan.pictures import from_rgb, to_rgb
from plugins.gan.runs import data as run_data
from plugins.gan.runs import live
from plugins.gan.runs.data import RunData
from plugins.gan.runs.results import Opinion
from plugins.gan.training import state as run_state
from plugins.gan.weights import CheckpointError

MEASURED = 1_000
"""Generated pictures that a run is measured on, at most."""
DRAWN = 16
"""Pictures drawn by a generator without classes."""


def draw(state: bytes, number: str | int, seed: int, device: str) -> np.ndarray:
    """``number`` in a saved run's own hand; without classes DRAWN pictures. RGB uint8 (H, W, 3).

    Raises UserError for what is no number of the run's classes, and for no saved run.
    """
    generator = load(state, device)
    classes = generator.config.classes
    if not classes:
        return sampling.draw(generator, [], seed, DRAWN, 2.0)
    digits = digit_string(number)
    if max(digits) >= classes:
        raise UserError(f"This generator knows the classes 0 to {classes - 1} only.")
    # One latent for each place: in a number two 2s are not the same 2.
    points = latents(seed, len(digits), generator.config.latent, truncation=2.0)
    pictures = sampling.run(generator, points, one_hot(torch.tensor(digits), classes))
    return np.concatenate(list(to_rgb(pictures, scale=3)), axis=1)


def load(state: bytes, device: str) -> Generator:
    """The averaged generator of a saved run. Raises UserError for no saved run."""
    try:
        return run_state.read_generator(state, device)
    except CheckpointError as error:
        raise UserError(str(error)) from error


def opinion(
    state: bytes, picture: np.ndarray, files: Sequence[bytes], store: WeightsStore, device: str
) -> Opinion:
    """The score that a saved run's discriminator gives to ``picture`` (H, W, 3) RGB uint8.

    A conditional one is asked about every class, and the best answer counts.
    """
    trainer = live.restored(state, finish(_data(state, files, store)), device)
    config = trainer.networks
    small = from_rgb(picture, config.size, config.channels)
    critic = trainer.critic()
    count = max(config.classes, 1)
    labels = torch.arange(count) if config.classes else None
    scores, above_real, above_fake = critic.score(small.expand(count, -1, -1, -1), labels)
    best = int(scores.argmax())
    return Opinion(
        score=float(scores[best]),
        above_real=float(above_real[best]) / 100,
        above_fake=float(above_fake[best]) / 100,
        real=critic.real,
        fake=critic.fake,
        seen=to_rgb(small, scale=max(1, 96 // config.size))[0],
    )


def measure(
    state: bytes, files: Sequence[bytes], store: WeightsStore, device: str
) -> Iterator[str | Report]:
    """Sentences on how far it is, then the report on a saved run's averaged generator."""
    data = yield from _data(state, files, store)
    if len(data.held_out) < LEAST:
        raise UserError(
            f"Measuring needs at least {LEAST * run_data.HELD_OUT} pictures, as one in "
            f"{run_data.HELD_OUT} is kept aside for it."
        )
    generator = load(state, device)
    labels, held_out_labels = data.labels, data.held_out_labels
    learning = classifier_steps(data.pictures, labels, seed=1, device=device)
    classifier = yield from told(
        learning, lambda done: f"A classifier learns the real pictures: {done:.0%}"
    )
    count = min(MEASURED, len(data.held_out))
    asked = None
    if generator.config.classes:
        # As the real ones are distributed over the classes.
        assert held_out_labels is not None
        asked = held_out_labels[:count]
    points = latents(2, count, generator.config.latent, truncation=4.0)
    hot = one_hot(asked, generator.config.classes) if asked is not None else None
    made = sampling.run(generator, points, hot)
    steps = evaluate_steps(
        classifier,
        made,
        asked,
        data.pictures,
        labels if asked is not None else None,
        data.held_out,
        held_out_labels if asked is not None else None,
        cas=asked is not None,
    )
    yield (yield from told(steps, lambda step: f"{step.doing} ({step.fraction:.0%})"))


def _data(state: bytes, files: Sequence[bytes], store: WeightsStore) -> Steps[str, None, RunData]:
    settings, _ = live.read_run(state)
    return (yield from run_data.read(settings, files, store))
