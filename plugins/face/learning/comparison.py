"""Why not a classifier: the same body with a softmax, and what happens when somebody new comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from plugins.face import metrics
from plugins.face.learning import networks
from plugins.face.learning.augmentation import distort, more_classes
from plugins.face.learning.batches import people_batches
from plugins.face.learning.data import LabelledData, split
from plugins.face.learning.results import CompareStep, Comparison, NewPerson
from plugins.face.learning.scoring import pair_distances, sample
from plugins.face.learning.settings import TripletSettings
from plugins.face.learning.training import REPORT_SECONDS, REPORTS, TripletTrainer, in_batches

DRAWS = 10
"""Which picture is the one enrolled is drawn so often, for a steadier mean."""
KEPT = 4
"""One in so many pictures of a trained person is kept out of training."""


class SoftmaxTrainer:
    """The body of a :class:`TripletTrainer` under a softmax over the people trained on."""

    def __init__(
        self, data: LabelledData, places: np.ndarray, settings: TripletSettings, device: str
    ) -> None:
        self._device, self._seed = device, settings.seed
        learned = more_classes(data.take(places))
        self.people, self._labels = np.unique(learned.labels, return_inverse=True)
        self._inputs = learned.inputs
        self._batches = people_batches(
            self._labels, settings.people_per_batch, settings.pictures_per_person, settings.seed
        )
        with tf.device(device):
            body = networks.body(learned, settings.dimensions, settings.seed)
            initial = keras.initializers.GlorotUniform(settings.seed)
            top = keras.layers.Dense(len(self.people), kernel_initializer=initial)
            network = keras.Model(body.inputs, top(body.outputs[0]))
            optimizer = keras.optimizers.Adam(settings.learning_rate)
            optimizer.build(network.trainable_variables)
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
                logits = network(inputs, training=True)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
                )
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
            return loss

        self._update = update
        self._logits = tf.function(
            lambda inputs: network(inputs, training=False),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )

    def step(self, number: int) -> float:
        """Step ``number``; the mean cross-entropy."""
        batch = next(self._batches)
        with tf.device(self._device):
            return float(
                self._update(
                    tf.constant(self._inputs[batch]),
                    tf.constant(self._labels[batch], tf.int64),
                    tf.constant([self._seed, number], tf.int64),
                )
            )

    def probabilities(self, inputs: np.ndarray, people: np.ndarray) -> np.ndarray:
        """inputs (N, ...) -> float (N, len(people)), among ``people`` only.

        The turned digits of training are no answers to a picture, so they are left out and the
        rest adds up to 1.
        """
        logits = in_batches(self._logits, inputs, self._device)[
            :, np.searchsorted(self.people, people)
        ].astype(np.float64)
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return odds / odds.sum(1, keepdims=True)


def compare_with_softmax(
    data: LabelledData, settings: TripletSettings, device: str = "/CPU:0"
) -> Iterator[CompareStep]:
    """Trains an encoder with the triplet loss and a classifier, then meets the held-out people.

    Both start from the same body and see the same batches. Raises UserError when there are too
    few people or pictures.
    """
    people = split(data, settings.hold_out, settings.seed)
    places, kept = _set_aside(data.labels, people.trained, settings.seed)
    encoder = TripletTrainer(data, places, settings, device)
    yield from _steps("encoder", lambda number: float(encoder.step(number)[0]), settings.steps)
    classifier = SoftmaxTrainer(data, places, settings, device)
    yield from _steps("classifier", classifier.step, settings.steps)

    shown = np.sort(sample(data.labels[places], people.trained, settings.seed))
    encodings = encoder.encode(data.inputs)
    learned = encodings[places][shown], data.labels[places][shown]
    threshold = metrics.best_threshold(*pair_distances(*learned))
    new = np.flatnonzero(np.isin(data.labels, people.held_out))
    guesses = classifier.probabilities(data.inputs[new], people.trained)
    known = classifier.probabilities(data.inputs[kept], people.trained) if len(kept) else None
    one_shot = _OneShot(encodings, data.labels, places, new, kept, threshold, settings.seed)
    yield CompareStep(
        "classifier",
        settings.steps,
        settings.steps,
        0.0,
        Comparison(
            people=tuple(
                _meet(data, people.trained, person, new, guesses, one_shot)
                for person in people.held_out
            ),
            trained=tuple(data.names[person] for person in people.trained),
            ways=len(people.trained) + len(people.held_out),
            classifier_known=None
            if known is None
            else float((people.trained[known.argmax(1)] == data.labels[kept]).mean()),
            encoder_known=None if known is None else float(one_shot.known.mean()),
            known_confidence=None if known is None else float(known.max(1).mean()),
            confidence=float(guesses.max(1).mean()),
            refused=float(one_shot.refused.mean()),
            one_shot=float(np.nanmean(one_shot.found)),
            one_shot_accepted=float(np.nanmean(one_shot.accepted)),
        ),
    )


class _OneShot:
    """Everyone enrolled from one picture each, DRAWS times.

    found, accepted: (new,) how often the right person is nearest, and within the threshold.
    refused: (new,) how often nobody trained is within it. known: (kept,) as ``found``.
    """

    def __init__(
        self,
        encodings: np.ndarray,
        labels: np.ndarray,
        places: np.ndarray,
        new: np.ndarray,
        kept: np.ndarray,
        threshold: float,
        seed: int,
    ) -> None:
        random = np.random.default_rng(seed)
        found, accepted, refused, known = [], [], [], []
        candidates = np.concatenate([places, new])
        for _ in range(DRAWS):
            order = random.permutation(candidates)
            enrolled = order[np.unique(labels[order], return_index=True)[1]]
            nearest, distance = _nearest(encodings[new], encodings[enrolled])
            right = (labels[enrolled][nearest] == labels[new]).astype(float)
            right[np.isin(new, enrolled)] = np.nan  # the enrolled picture itself is no test
            found.append(right)
            accepted.append(np.where(np.isnan(right), np.nan, right * (distance <= threshold)))
            old = enrolled[np.isin(enrolled, places)]
            refused.append(_nearest(encodings[new], encodings[old])[1] > threshold)
            if len(kept):
                nearest, _ = _nearest(encodings[kept], encodings[enrolled])
                known.append(labels[enrolled][nearest] == labels[kept])
        self.found, self.accepted = np.array(found), np.array(accepted)
        self.refused, self.known = np.array(refused), np.array(known)


def _nearest(one: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row of unit vectors, which of the others is nearest and how far it is."""
    products = one @ others.T
    nearest = products.argmax(1)
    best = np.take_along_axis(products, nearest[:, None], 1)[:, 0]
    return nearest, np.sqrt(np.maximum(2 - 2 * best, 0))


def _meet(
    data: LabelledData,
    trained: np.ndarray,
    person: int,
    new: np.ndarray,
    guesses: np.ndarray,
    one_shot: _OneShot,
) -> NewPerson:
    of = data.labels[new] == person
    votes = np.bincount(guesses[of].argmax(1), minlength=len(trained))
    return NewPerson(
        name=data.names[person],
        called=data.names[trained[votes.argmax()]],
        called_share=float(votes.max() / votes.sum()),
        confidence=float(guesses[of].max(1).mean()),
        refused=float(one_shot.refused[:, of].mean()),
        one_shot=float(np.nanmean(one_shot.found[:, of])),
    )


def _set_aside(labels: np.ndarray, trained: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Places to train on, and those kept: one in KEPT of each person who has that many."""
    random = np.random.default_rng(seed)
    used, kept = [], []
    for person in trained:
        places = random.permutation(np.flatnonzero(labels == person))
        count = len(places) // KEPT
        kept.append(places[:count])
        used.append(places[count:])
    return np.sort(np.concatenate(used)), np.sort(np.concatenate(kept))


def _steps(training: str, step: Callable[[int], float], steps: int) -> Iterator[CompareStep]:
    every, reported = max(10, steps // REPORTS), time.monotonic()
    since: list[float] = []
    for number in range(1, steps + 1):
        since.append(step(number))
        now = time.monotonic()
        if number == steps or number % every == 0 or now - reported >= REPORT_SECONDS:
            yield CompareStep(training, number, steps, float(np.mean(since)))
            reported, since = time.monotonic(), []
