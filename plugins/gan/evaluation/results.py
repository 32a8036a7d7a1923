"""What an evaluation answers. No PyTorch, so the web process can read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Progress:
    """Where an evaluation stands.

    fraction: of the work done, 0 to 1.
    doing: what comes next, a short sentence.
    """

    fraction: float
    doing: str


@dataclass(frozen=True)
class Report:
    """The figures of one evaluation. ``*_floor`` is the same measure with real training pictures
    in the place of the generated ones: what a perfect generator would get.

    frechet, kernel: distances to the held-out pictures, 0 for the same distribution. The kernel
        distance is unbiased, so it may come out slightly below 0.
    precision, recall: shares of the generated pictures that look real, and of the held-out ones
        that the generator reaches, 0 to 1.
    accuracy, accuracy_worst_class: share of the generated pictures that the classifier takes for
        the class asked for, and the same of the worst class; accuracy_real: of held-out pictures
        that it classifies rightly. None without classes.
    variance_ratio: variance of the generated pictures within a class over that of the held-out
        ones, 1 for the same variety; without classes, over all pictures.
    nearest, nearest_floor: median distance in pixel values, of generated and of held-out
        pictures, to the nearest training picture.
    copies: share of the generated pictures nearer to a training picture than all but 1 % of the
        held-out ones are; so about 0.01 for a generator that copies nothing.
    cas, cas_real: accuracy on held-out pictures of a classifier trained on generated pictures
        only, and of one trained on as many real ones. None if not measured.
    generated, train, held_out: how many pictures of each were given.
    compared: how many of each side the distances and the coverage were measured on.
    """

    frechet: float
    frechet_floor: float
    kernel: float
    kernel_floor: float
    precision: float
    precision_floor: float
    recall: float
    recall_floor: float
    accuracy: float | None
    accuracy_real: float | None
    accuracy_worst_class: float | None
    variance_ratio: float | None
    nearest: float
    nearest_floor: float
    copies: float
    cas: float | None
    cas_real: float | None
    generated: int
    train: int
    held_out: int
    compared: int


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The training pictures nearest to each of N pictures, the nearest first.

    indices: (N, k) int64, places among the training pictures.
    distances: (N, k) float32, Euclidean.
    """

    indices: np.ndarray
    distances: np.ndarray
