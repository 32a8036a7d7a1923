"""What learning answers with: NumPy and plain values only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugins.face.learning.head import Head


@dataclass(frozen=True)
class Working:
    """Something is being prepared; ``text`` is a sentence."""

    text: str


@dataclass(frozen=True)
class Verification:
    """How well distances tell same from different pairs of held-out people, all pairs of them.

    auc, eer: area under the ROC curve and equal error rate.
    accuracy: same and different pairs counting equally, at the threshold that is best for these
        very pairs: an upper bound.
    accuracy_transferred: the same at ``threshold``, the best one for the trained people, which
        is all that one has before new people come.
    tar_at_far_1e_2: true accept rate; None with too few different pairs to say.
    same, different: numbers of pairs.
    """

    auc: float
    eer: float
    accuracy: float
    accuracy_transferred: float
    threshold: float
    tar_at_far_1e_2: float | None
    same: int
    different: int


@dataclass(frozen=True)
class Snapshot:
    """Encodings at one moment.

    points: float32 (M, 2), M up to 600, the two main directions of the encodings (PCA).
    labels: int (M,), places in ``names``. held_out: bool (M,).
    head: what has been learned so far; None when pictures were learned from.
    """

    points: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray
    names: tuple[str, ...]
    verification: Verification
    head: Head | None


@dataclass(frozen=True)
class TripletStep:
    """How a run stands.

    step, steps: updates done, and to do in all.
    loss: mean over the chosen triplets, of the steps since the last report, as the rest.
    active: share of the chosen triplets that still have a loss.
    positive, negative: mean distances d(a, p) and d(a, n) in the chosen triplets.
    seconds: gone since the start of the first step.
    snapshot: at the start, about every two seconds and at the end.
    raw: at the start only: the inputs themselves, before any network of this run.

    Before the first step the numbers are 0.
    """

    step: int
    steps: int
    loss: float
    active: float
    positive: float
    negative: float
    seconds: float
    snapshot: Snapshot | None = None
    raw: Snapshot | None = None


@dataclass(frozen=True)
class NewPerson:
    """What the two networks make of one held-out person.

    called: whom the classifier names most, ``called_share`` of the pictures; ``confidence`` is
        its mean top probability.
    refused: share of pictures that the encoder calls unknown before the person is enrolled.
    one_shot: share of the other pictures found after enrolling one (mean of several draws).
    """

    name: str
    called: str
    called_share: float
    confidence: float
    refused: float
    one_shot: float


@dataclass(frozen=True)
class Comparison:
    """A classifier and a triplet encoder with the same body, batches and number of steps.

    classifier_known, encoder_known: shares of right answers on pictures of trained people that
        were kept out of training; None when there were too few pictures to keep any. The
        encoder knows each person from one picture.
    known_confidence: the classifier's mean top probability there.
    confidence: the same on pictures of new people, all of whom it must get wrong.
    refused: share of new people's pictures that the encoder calls unknown before they are
        enrolled: the nearest trained person is beyond its threshold.
    one_shot: share of new people's other pictures found after enrolling one of each, among
        ``ways`` people, trained and new. one_shot_accepted: and within the threshold.
    """

    people: tuple[NewPerson, ...]
    trained: tuple[str, ...]
    ways: int
    classifier_known: float | None
    encoder_known: float | None
    known_confidence: float | None
    confidence: float
    refused: float
    one_shot: float
    one_shot_accepted: float


@dataclass(frozen=True)
class CompareStep:
    """How a comparison stands; ``comparison`` comes with the last one.

    training: "encoder" or "classifier".
    """

    training: str
    step: int
    steps: int
    loss: float
    comparison: Comparison | None = None


@dataclass(frozen=True)
class PairMethod:
    """One way to decide whether two encodings show the same person, on pairs of new people.

    far, tar: (R,) points of the ROC curve, R up to 200.
    weights: (D,) of the standardised features; None for the plain distance.
    """

    name: str
    accuracy: float
    auc: float
    far: np.ndarray
    tar: np.ndarray
    weights: np.ndarray | None


@dataclass(frozen=True)
class PairReport:
    """Verification as binary classification.

    trained_pairs, tested_pairs: half of them same, half different.
    """

    methods: tuple[PairMethod, ...]
    trained_pairs: int
    tested_pairs: int
    trained: tuple[str, ...]
    held_out: tuple[str, ...]
