"""Turning pictures into encodings, a few at a time. What runs the networks is handed in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from host import UserError

BATCH = 16  # pictures encoded at once
NO_FACE = "No face was found in this picture."

Encode = Callable[[list[np.ndarray]], list["np.ndarray | None"]]
"""uint8 RGB pictures -> an encoding, float32 (D,), for each, or None where no face is found."""

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
