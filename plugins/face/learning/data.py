"""Pictures or encodings with a name each, and which people a network may learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from host import UserError

Kind = Literal["digits", "encodings", "crops"]

FEWEST_PEOPLE = 4
"""Two to learn from and two to be tested on."""
FEWEST_PICTURES = 2
"""Of a person: one picture alone makes no same pair."""


@dataclass(frozen=True)
class LabelledData:
    """What is learned from.

    inputs: float32; "digits" (N, 8, 8, 1) and "crops" (N, H, W, 1) are grey from 0 to 1,
        "encodings" (N, D) are a face model's.
    labels: int (N,), places in ``names``.
    names: of the people (or digits).
    model: the face model that made the encodings, "" for pictures.

    Raises ValueError when these do not fit together.
    """

    inputs: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    kind: Kind
    model: str = ""

    def __post_init__(self) -> None:
        if self.inputs.ndim != (2 if self.kind == "encodings" else 4):
            raise ValueError(f"{self.kind} of shape {self.inputs.shape}")
        if self.labels.shape != self.inputs.shape[:1]:
            raise ValueError(f"{len(self.inputs)} inputs but labels {self.labels.shape}")
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.names):
            raise ValueError("a label has no name")
        if not np.isfinite(self.inputs).all():
            raise ValueError("an input is not finite")

    def take(self, places: np.ndarray) -> LabelledData:
        """Only the inputs at ``places``; labels keep their meaning."""
        return replace(self, inputs=self.inputs[places], labels=self.labels[places])

    @property
    def flat(self) -> np.ndarray:
        """(N, everything else) float32."""
        return self.inputs.reshape(len(self.inputs), -1).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Split:
    """People to learn from and people held out, as sorted places in ``names``.

    Those with too few pictures for either are in neither.
    """

    trained: np.ndarray
    held_out: np.ndarray


def digits() -> LabelledData:
    """scikit-learn's 1,797 handwritten digits, 8 x 8 pixels: ten "people", no download."""
    from sklearn.datasets import load_digits

    found = load_digits()
    inputs = (found.images / 16).astype(np.float32)[..., None]
    return LabelledData(inputs, found.target.astype(np.int64), tuple("0123456789"), "digits")


def split(data: LabelledData, hold_out: float, seed: int) -> Split:
    """Chooses at random who is held out: a share of the people, at least two, leaving two.

    Raises UserError when fewer than FEWEST_PEOPLE have FEWEST_PICTURES pictures.
    """
    pictures = np.bincount(data.labels, minlength=len(data.names))
    usable = np.flatnonzero(pictures >= FEWEST_PICTURES)
    if len(usable) < FEWEST_PEOPLE:
        raise UserError(
            f"This needs at least {FEWEST_PEOPLE} people with at least {FEWEST_PICTURES} usable "
            f"pictures each (two people to learn from, two to be tested on): here "
            f"{'is' if len(usable) == 1 else 'are'} {len(usable)}."
        )
    count = min(max(round(hold_out * len(usable)), 2), len(usable) - 2)
    order = np.random.default_rng(seed).permutation(usable)
    return Split(trained=np.sort(order[count:]), held_out=np.sort(order[:count]))
