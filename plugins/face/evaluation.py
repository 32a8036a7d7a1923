"""Measuring a recognition model on pairs of pictures.

First :func:`collect` turns pictures into encodings; then :func:`evaluate_pairs` judges a given
list of pairs, :func:`evaluate_all_pairs` every pair of one set of pictures, or
:func:`evaluate_two` every picture of one set against every one of another. The figures and the
treatment of pictures without a face are those of :mod:`plugins.face.metrics`. No framework is
imported here: what runs the networks is handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from host import UserError
from plugins.face import metrics
from plugins.face.metrics import Curves
from plugins.face.results import Face

BATCH = 16  # pictures encoded at once
FOLDS = 10
MOST_PAIRS = 2_000_000
"""Of each kind; of more, this many are drawn at random. Judging takes about 150 bytes a pair."""
CHUNK = 1 << 16  # pairs whose encodings are gathered at once
CURVE_POINTS = 400
BINS = 100
WORST = 50
NO_FACE = "No face was found in this picture."

Encode = Callable[[list[np.ndarray]], list["np.ndarray | None"]]
"""uint8 RGB pictures -> an encoding, float32 (D,), for each, or None where no face is found."""


class Detects(Protocol):
    def detect(self, image: np.ndarray) -> list[Face]: ...


class Encodes(Protocol):
    align: Callable[[np.ndarray, Face], np.ndarray]

    def encode(self, crops: np.ndarray) -> np.ndarray: ...


def encode_pictures(
    images: list[np.ndarray],
    encoder: Encodes,
    detector: Detects,
    choose: Callable[[list[Face], tuple[int, ...]], int],
) -> list[np.ndarray | None]:
    """The encoding of each picture's main face, or None where no face is found.

    choose: index of the main one of some faces in a picture of that shape
    (:func:`plugins.face.detector.main_face`).
    """
    crops: dict[int, np.ndarray] = {}
    for place, image in enumerate(images):
        if faces := detector.detect(image):
            crops[place] = encoder.align(image, faces[choose(faces, image.shape)])
    found: list[np.ndarray | None] = [None] * len(images)
    if crops:
        encodings = encoder.encode(np.stack(list(crops.values())))
        for place, encoding in zip(crops, encodings, strict=True):
            found[place] = encoding
    return found


Picture = tuple[str, str, Callable[[], np.ndarray]]
"""Unique key, person, and what gives the uint8 RGB picture or raises UserError."""


@dataclass(frozen=True)
class Encodings:
    """Pictures and what a model made of them.

    keys, people: (N,) names. values: float32 (N, D); a row of NaN where there is no face.
    problems: (key, sentence) of every picture without an encoding.
    """

    keys: tuple[str, ...]
    people: tuple[str, ...]
    values: np.ndarray
    problems: tuple[tuple[str, str], ...]


class Cache(Protocol):
    """Encodings from an earlier run, by a picture's key. None stands for "no face" in both."""

    def get(self, key: str) -> tuple[bool, np.ndarray | None]: ...
    def put(self, key: str, encoding: np.ndarray | None) -> None: ...
    def commit(self) -> None: ...


def collect(
    pictures: Iterable[Picture], encode: Encode, cache: Cache | None = None
) -> Generator[int, None, Encodings]:
    """Encodes pictures a few at a time; yields how many are done, and returns the encodings.

    A picture that cannot be loaded, or that shows no face, is recorded as a problem and does not
    stop the rest.
    """
    keys: list[str] = []
    people: list[str] = []
    found: list[np.ndarray | None] = []
    problems: dict[str, str] = {}
    waiting: list[tuple[int, np.ndarray]] = []

    def encode_waiting() -> None:
        encodings = encode([image for _, image in waiting])
        for (place, _), encoding in zip(waiting, encodings, strict=True):
            found[place] = encoding
            if encoding is None:
                problems[keys[place]] = NO_FACE
            if cache is not None:
                cache.put(keys[place], encoding)
        if cache is not None:
            cache.commit()
        waiting.clear()

    for key, person, load in pictures:
        keys.append(key)
        people.append(person)
        found.append(None)
        known, encoding = (False, None) if cache is None else cache.get(key)
        if known:
            found[-1] = encoding
            if encoding is None:
                problems[key] = NO_FACE
        else:
            try:
                waiting.append((len(keys) - 1, load()))
            except UserError as error:
                problems[key] = str(error)
        if len(waiting) == BATCH:
            encode_waiting()
        yield len(keys) - len(waiting)
    if waiting:
        encode_waiting()
        yield len(keys)
    return Encodings(tuple(keys), tuple(people), rows(found), tuple(problems.items()))


def rows(found: Sequence[np.ndarray | None]) -> np.ndarray:
    """The encodings as one array float32 (N, D), NaN where there is none."""
    dimension = next((len(encoding) for encoding in found if encoding is not None), 1)
    values = np.full((len(found), dimension), np.nan, np.float32)
    for row, encoding in zip(values, found, strict=True):
        if encoding is not None:
            row[:] = encoding
    return values


@dataclass(frozen=True)
class Histograms:
    """How many pairs have a distance in each of the bins between ``edges`` (B + 1,)."""

    edges: np.ndarray
    same: np.ndarray
    different: np.ndarray


@dataclass(frozen=True)
class Mistake:
    """A pair decided wrongly at the report's threshold."""

    first: str
    second: str
    same: bool
    distance: float


@dataclass(frozen=True)
class FacesFound:
    """Figures of the pairs in which both faces were found; ``accuracy`` at the best threshold."""

    pairs: int
    accuracy: float
    auc: float
    eer: float
    tar_at_far_1e_2: float | None
    tar_at_far_1e_3: float | None


@dataclass(frozen=True)
class Report:
    """What came out of an evaluation. Rates are shares from 0 to 1.

    accuracy: mean over the folds, each judged at the threshold of the others; same and different
        pairs weigh equally. With one fold, that of ``threshold`` on the very pairs it was
        fitted on.
    standard_error: of that mean; None with one fold.
    tar_at_far_1e_2, tar_at_far_1e_3: None with too few different pairs to say.
    threshold: the best one for all pairs together.
    pairs: how many were judged, ``same`` of one person and ``different`` of two people.
    failures: pictures without an encoding; failed_pairs: pairs that hold such a picture, which
        are errors in every figure (see :mod:`plugins.face.metrics`).
    faces_found: what the figures would be without those; None when no pair of a kind is left.
    curves: at ``CURVE_POINTS`` thresholds at most.
    worst: the mistakes furthest beyond the threshold, ``WORST`` at most of each kind; pairs
        without an encoding are not among them.
    problems: (key, sentence) of every failure.
    notes: sentences on what else a reader should know.
    """

    model: str
    protocol: str
    accuracy: float
    standard_error: float | None
    auc: float
    eer: float
    tar_at_far_1e_2: float | None
    tar_at_far_1e_3: float | None
    threshold: float
    folds: int
    pairs: int
    same: int
    different: int
    failures: int
    failed_pairs: int
    faces_found: FacesFound | None
    curves: Curves
    histograms: Histograms
    worst: tuple[Mistake, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, Any]:
        """The figures alone, as plain values under the names that programs are promised."""
        return {
            "accuracy": self.accuracy,
            "standard_error": self.standard_error,
            "auc": self.auc,
            "eer": self.eer,
            "tar_at_far_1e-2": self.tar_at_far_1e_2,
            "tar_at_far_1e-3": self.tar_at_far_1e_3,
            "threshold": self.threshold,
            "model": self.model,
            "protocol": self.protocol,
            "folds": self.folds,
            "pairs": self.pairs,
            "same": self.same,
            "different": self.different,
            "failures": self.failures,
            "failed_pairs": self.failed_pairs,
        }

    def to_json(self) -> str:
        """Everything, as one JSON object."""
        return json.dumps(
            {
                **self.figures(),
                "faces_found": self.faces_found and _plain(self.faces_found),
                "notes": self.notes,
                "curves": {
                    "thresholds": self.curves.thresholds.tolist(),
                    "far": self.curves.far.tolist(),
                    "frr": self.curves.frr.tolist(),
                },
                "histograms": {
                    "edges": self.histograms.edges.tolist(),
                    "same": self.histograms.same.tolist(),
                    "different": self.histograms.different.tolist(),
                },
                "worst": [vars(mistake) for mistake in self.worst],
                "problems": [{"picture": key, "problem": text} for key, text in self.problems],
            },
            indent=1,
            allow_nan=False,
        )


def evaluate_pairs(
    encodings: Encodings, pairs: Sequence[tuple[str, str, bool, int]], model: str
) -> Report:
    """Judges ``pairs``: key, key, whether they show one person, and the fold (any integers).

    With one fold only, the pairs are dealt into folds as in :func:`evaluate_all_pairs`.
    Raises UserError when there is no pair of one kind, KeyError for an unknown key.
    """
    place = {key: index for index, key in enumerate(encodings.keys)}
    first = np.array([place[pair[0]] for pair in pairs], np.int32)
    second = np.array([place[pair[1]] for pair in pairs], np.int32)
    same = np.array([pair[2] for pair in pairs], bool)
    folds = np.array([pair[3] for pair in pairs], np.int32)
    return _report(
        *(encodings, encodings, first, second, same),
        folds=folds if len(np.unique(folds)) > 1 else None,
        model=model,
        protocol="given pairs",
    )


def evaluate_all_pairs(encodings: Encodings, model: str) -> Report:
    """Judges every pair of two pictures, in ``FOLDS`` folds of pairs dealt at random (seed 0).

    There are fewer folds with fewer pairs of a kind, and one when a kind has one pair only.
    Raises UserError when there is no pair of one kind.
    """
    first, second, same, notes = _all_pairs(encodings)
    return _report(
        *(encodings, encodings, first, second, same),
        folds=None,
        model=model,
        protocol="all pairs",
        notes=notes,
    )


def pair_distances(encodings: Encodings) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the same and of the different pairs of :func:`evaluate_all_pairs`, float32."""
    first, second, same, _ = _all_pairs(encodings)
    distances = _distances(encodings.values, encodings.values, first, second)
    return distances[same], distances[~same]


def evaluate_two(first: Encodings, second: Encodings, model: str) -> Report:
    """Judges every picture of ``first`` against every one of ``second``, folds as above.

    Pictures show one person when their people's names are equal.
    Raises UserError when there is no pair of one kind.
    """
    numbers = _numbers((*first.people, *second.people))
    ours, theirs = numbers[: len(first.people)], numbers[len(first.people) :]
    size = int(numbers.max(initial=0)) + 1
    all_same = int(np.bincount(ours, minlength=size) @ np.bincount(theirs, minlength=size))
    everyone = np.arange(len(theirs), dtype=np.int32)
    one, two, same, notes = _draw(
        ((index, everyone) for index in range(len(ours))),
        *(ours, theirs, all_same, len(ours) * len(theirs) - all_same),
    )
    return _report(
        *(first, second, one, two, same),
        folds=None,
        model=model,
        protocol="two folders",
        notes=notes,
    )


def _all_pairs(
    encodings: Encodings,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    people = _numbers(encodings.people)
    everyone = np.arange(len(people), dtype=np.int32)
    counts = np.bincount(people)
    all_same = int((counts * (counts - 1) // 2).sum())
    return _draw(
        ((index, everyone[index + 1 :]) for index in range(len(people))),
        *(people, people, all_same, len(people) * (len(people) - 1) // 2 - all_same),
    )


def _numbers(people: Sequence[str]) -> np.ndarray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(person, len(numbers)) for person in people], np.int64)


def _draw(
    rows: Iterable[tuple[int, np.ndarray]],
    ours: np.ndarray,
    theirs: np.ndarray,
    all_same: int,
    all_different: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """first, second, same and notes of the pairs in ``rows``, ``MOST_PAIRS`` of a kind or so."""
    rng = np.random.default_rng(0)
    share = np.array([MOST_PAIRS / max(all_different, 1), MOST_PAIRS / max(all_same, 1)])
    firsts, seconds, sames = [], [], []
    for index, others in rows:
        same = theirs[others] == ours[index]
        if share.min() < 1:
            kept = rng.random(len(others)) < share[same.astype(int)]
            others, same = others[kept], same[kept]
        firsts.append(np.full(len(others), index, np.int32))
        seconds.append(others)
        sames.append(same)
    empty = [np.zeros(0, np.int32)]
    first, second, kind = (np.concatenate(x or empty) for x in (firsts, seconds, sames))
    notes: tuple[str, ...] = ()
    if share.min() < 1:
        notes = (
            f"{len(first):,} of {all_same + all_different:,} pairs were judged, drawn at random "
            "(seed 0).",
        )
    return first, second, kind.astype(bool), notes


def _distances(
    first: np.ndarray, second: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Euclidean distance between rows ``left`` of ``first`` and rows ``right`` of ``second``."""
    out = np.empty(len(left), np.float32)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        gap = first[left[part]] - second[right[part]]
        out[part] = np.sqrt(np.einsum("nd,nd->n", gap, gap))
    return out


def _deal(same: np.ndarray) -> np.ndarray | None:
    """Folds of pairs with the kinds spread evenly, or None with too few pairs for two."""
    count = min(FOLDS, int(same.sum()), int((~same).sum()))
    if count < 2:
        return None
    rng = np.random.default_rng(0)
    folds = np.empty(len(same), np.int32)
    for kind in (same, ~same):
        folds[kind] = rng.permutation(np.arange(kind.sum()) % count)
    return folds


def _report(
    first: Encodings,
    second: Encodings,
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    folds: np.ndarray | None,
    model: str,
    protocol: str,
    notes: tuple[str, ...] = (),
) -> Report:
    if not same.any():
        raise UserError(
            "There are no two pictures of one person to compare: put several pictures of a "
            "person into the folder with the person's name."
        )
    if same.all():
        raise UserError(
            "There are no pictures of two different people to compare: make a folder for each "
            "of several people."
        )
    distances = _distances(first.values, second.values, left, right)
    near, far = distances[same], distances[~same]
    threshold = metrics.best_threshold(near, far)
    error: float | None = None
    if folds is None:
        folds = _deal(same)
        if folds is not None:
            notes += (
                f"The {folds.max() + 1} folds were dealt at random and share pictures: the "
                "standard error is a lower bound.",
            )
    if folds is None:
        accuracy = metrics.accuracy(near, far, threshold)
        notes += (
            "There are too few pairs for folds: the threshold was fitted on the very pairs it "
            "is judged on, which flatters the accuracy.",
        )
    else:
        judged = metrics.k_fold_accuracy(distances, same, folds)
        accuracy, error = judged.mean, judged.standard_error
    problems = first.problems + (() if second is first else second.problems)
    return Report(
        model=model,
        protocol=protocol,
        accuracy=accuracy,
        standard_error=error,
        auc=metrics.auc(near, far),
        eer=metrics.eer(near, far),
        tar_at_far_1e_2=metrics.tar_at_far(near, far, 1e-2),
        tar_at_far_1e_3=metrics.tar_at_far(near, far, 1e-3),
        threshold=threshold,
        folds=1 if folds is None else len(np.unique(folds)),
        pairs=len(distances),
        same=len(near),
        different=len(far),
        failures=len(problems),
        failed_pairs=int(np.isnan(distances).sum()),
        faces_found=_faces_found(near[np.isfinite(near)], far[np.isfinite(far)], threshold),
        curves=metrics.curves(near, far, _grid(near, far)),
        histograms=_histograms(near, far),
        worst=_worst(first.keys, second.keys, left, right, same, distances, threshold),
        problems=problems,
        notes=notes,
    )


def _faces_found(near: np.ndarray, far: np.ndarray, threshold: float) -> FacesFound | None:
    if len(near) == 0 or len(far) == 0:
        return None
    return FacesFound(
        pairs=len(near) + len(far),
        accuracy=metrics.accuracy(near, far, threshold),
        auc=metrics.auc(near, far),
        eer=metrics.eer(near, far),
        tar_at_far_1e_2=metrics.tar_at_far(near, far, 1e-2),
        tar_at_far_1e_3=metrics.tar_at_far(near, far, 1e-3),
    )


def _plain(found: FacesFound) -> dict[str, Any]:
    return {name.replace("1e_", "1e-"): value for name, value in vars(found).items()}


def _grid(near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Rising thresholds from 0: half evenly spaced, half where FAR changes by equal factors."""
    finite = np.sort(far[np.isfinite(far)]).astype(float)
    top = float(np.nanmax(np.concatenate([near, far]), initial=1e-6))
    even = np.linspace(0, top, CURVE_POINTS // 2)
    if len(finite) == 0:
        return even
    ranks = np.geomspace(1, len(finite), CURVE_POINTS // 2).astype(int) - 1
    return np.unique(np.concatenate([even, finite[ranks]]))


def _histograms(near: np.ndarray, far: np.ndarray) -> Histograms:
    top = float(np.nanmax(np.concatenate([near, far]), initial=1e-6))
    edges = np.linspace(0, top * (1 + 1e-6), BINS + 1)
    same, different = (np.histogram(x[np.isfinite(x)], edges)[0] for x in (near, far))
    return Histograms(edges, same, different)


def _worst(
    first: tuple[str, ...],
    second: tuple[str, ...],
    left: np.ndarray,
    right: np.ndarray,
    same: np.ndarray,
    distances: np.ndarray,
    threshold: float,
) -> tuple[Mistake, ...]:
    beyond = np.where(same, distances - threshold, threshold - distances)
    chosen: list[int] = []
    for kind in (same, ~same):
        wrong = np.flatnonzero(kind & ((beyond > 0) if kind is same else (beyond >= 0)))
        chosen += wrong[np.argsort(-beyond[wrong], kind="stable")[:WORST]].tolist()
    chosen.sort(key=lambda index: -float(beyond[index]))
    return tuple(
        Mistake(
            *(first[left[index]], second[right[index]], bool(same[index])),
            distance=float(distances[index]),
        )
        for index in chosen
    )
