"""What goes into a gallery and what it answers with: plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Person:
    """Somebody in the gallery. ``portrait`` is the JPEG of the first picture.

    ``id`` is never given to another person, not even after a removal. ``models`` are those that
    encoded at least one of the ``pictures``, sorted.
    """

    id: int
    name: str
    pictures: int
    portrait: bytes
    models: tuple[str, ...]


@dataclass(frozen=True)
class Enrolled:
    """The person after the pictures were added; ``new`` if there was nobody of that name."""

    person: Person
    new: bool


@dataclass(frozen=True)
class Match:
    """A person (the id) and the Euclidean distance to the nearest of their pictures."""

    person: int
    name: str
    distance: float


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture as it goes into and out of a file: ``encoding`` is float32 (D,)."""

    name: str
    model: str
    encoding: np.ndarray
    portrait: bytes


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures of one model: a cleaned name, a row of ``encodings`` (N, D) and a JPEG each."""

    model: str
    names: Sequence[str]
    encodings: np.ndarray
    portraits: Sequence[bytes]
