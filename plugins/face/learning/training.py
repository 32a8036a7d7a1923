"""Training an encoder or a head with the triplet loss, as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from plugins.face.learning import networks
from plugins.face.learning.augmentation import distort, more_classes
from plugins.face.learning.batches import people_batches
from plugins.face.learning.data import LabelledData, split
from plugins.face.learning.head import Head
from plugins.face.learning.results import TripletStep
from plugins.face.learning.scoring import Scorer
from plugins.face.learning.settings import TripletSettings
from plugins.face.learning.triplets import select, squared_distances, triplet_losses

REPORT_SECONDS = 0.5
LEAST_SECONDS = 0.2
"""A browser that draws plots on end hears no press of Stop."""
SNAPSHOT_SECONDS = 2.0
REPORTS = 50
"""About so many in a fast run; a slow one reports by the clock."""
BATCH = 256


class TripletTrainer:
    """A body, its optimiser and one compiled step.

    places: of the inputs that may be learned from.
    """

    def __init__(
        self, data: LabelledData, places: np.ndarray, settings: TripletSettings, device: str
    ) -> None:
        self._device = device
        learned = more_classes(data.take(places))
        self._inputs, self._labels = learned.inputs, learned.labels
        self._batches = people_batches(
            self._labels, settings.people_per_batch, settings.pictures_per_person, settings.seed
        )
        self._settings = settings
        with tf.device(device):
            self.body = networks.body(learned, settings.dimensions, settings.seed)
            optimizer = keras.optimizers.Adam(settings.learning_rate)
            optimizer.build(self.body.trainable_variables)
        shape = (None, *data.inputs.shape[1:])

        @tf.function(
            input_signature=[
                tf.TensorSpec(shape, tf.float32),
                tf.TensorSpec((None,), tf.int64),
                tf.TensorSpec((2,), tf.int64),
            ]
        )
        def update(inputs: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            inputs = distort(inputs, data.kind, seed)
            with tf.GradientTape() as tape:
                encodings = tf.math.l2_normalize(self.body(inputs, training=True), axis=1)
                squared = tf.stop_gradient(squared_distances(encodings))
                triplets = select(squared, labels, settings.mining, seed)
                losses, positive, negative = triplet_losses(encodings, triplets, settings.margin)
                # The mean: how far a step goes then does not depend on the batch's size.
                loss = tf.reduce_mean(losses)
            variables = self.body.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            active = tf.reduce_mean(tf.cast(losses > 0, tf.float32))
            distances = [tf.reduce_mean(tf.sqrt(d)) for d in (positive, negative)]
            return tf.stack([loss, active, *distances])

        self._update = update
        self._encode = tf.function(
            lambda inputs: tf.math.l2_normalize(self.body(inputs, training=False), axis=1),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )

    def compile(self) -> None:
        """Make the step's graph, which the first step would do otherwise: up to a second."""
        with tf.device(self._device):
            self._update.get_concrete_function()

    def step(self, number: int) -> np.ndarray:
        """Step ``number``: loss, share of active triplets, d(a, p) and d(a, n), means (4,)."""
        batch = next(self._batches)
        with tf.device(self._device):
            return self._update(
                tf.constant(self._inputs[batch]),
                tf.constant(self._labels[batch], tf.int64),
                tf.constant([self._settings.seed, number], tf.int64),
            ).numpy()

    def encode(self, inputs: np.ndarray) -> np.ndarray:
        """inputs (N, ...) -> float32 (N, d), of length 1."""
        return in_batches(self._encode, inputs, self._device)


def in_batches(function: Callable, inputs: np.ndarray, device: str) -> np.ndarray:
    """A TensorFlow function's answers to rows of inputs, BATCH at a time."""
    with tf.device(device):
        return np.concatenate(
            [
                function(tf.constant(inputs[start : start + BATCH])).numpy()
                for start in range(0, len(inputs), BATCH)
            ]
        )


def train(
    data: LabelledData, settings: TripletSettings, device: str = "/CPU:0"
) -> Iterator[TripletStep]:
    """Learns encodings by the triplet loss of Schroff et al. (FaceNet, CVPR 2015).

    The first item shows the inputs as they are (``raw``) and as the untrained network encodes
    them; the last one what was learned. Closing the generator ends the run.

    device: TensorFlow's name. Raises UserError when there are too few people or pictures.
    """
    people = split(data, settings.hold_out, settings.seed)
    places = np.flatnonzero(np.isin(data.labels, people.trained))
    scorer = Scorer(data, people, settings.seed)
    trainer = TripletTrainer(data, places, settings, device)
    shown = data.inputs[scorer.places]

    def head(threshold: float) -> Head:
        weights, bias = (np.array(part) for part in trainer.body.get_weights())
        name = f"{len(people.trained)} people, {weights.shape[1]} numbers"
        return Head(data.model, weights, bias, threshold, name)

    makes_head = head if data.kind == "encodings" else None
    trainer.compile()  # before the first item: whoever stops the run then need not wait for it
    yield TripletStep(
        step=0,
        steps=settings.steps,
        loss=0.0,
        active=0.0,
        positive=0.0,
        negative=0.0,
        seconds=0.0,
        snapshot=scorer.snapshot(trainer.encode(shown), makes_head),
        raw=scorer.snapshot(data.flat[scorer.places]),
    )
    started = reported = pictured = time.monotonic()
    every = max(10, settings.steps // REPORTS)
    since: list[np.ndarray] = []
    for step in range(1, settings.steps + 1):
        since.append(trainer.step(step))
        now, last = time.monotonic(), step == settings.steps
        least = REPORT_SECONDS if step % every else LEAST_SECONDS
        if not last and now - reported < least:
            continue
        snapshot = None
        if last or now - pictured >= SNAPSHOT_SECONDS:
            snapshot = scorer.snapshot(trainer.encode(shown), makes_head)
            pictured = time.monotonic()
        loss, active, positive, negative = np.mean(since, axis=0).tolist()
        yield TripletStep(
            step, settings.steps, loss, active, positive, negative, now - started, snapshot
        )
        reported, since = time.monotonic(), []
