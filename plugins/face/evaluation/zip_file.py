"""How good a model is on a visitor's own people."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from host import UserError
from plugins.face.evaluation import plots
from plugins.face.evaluation.encodings import Encodings, rows
from plugins.face.evaluation.protocols import evaluate_all_pairs
from plugins.face.evaluation.report import Report
from plugins.face.learning import Working
from plugins.face.results import PersonPicture

SHOWN_MISTAKES = 12


@dataclass(frozen=True)
class Evaluation:
    """The report and its pictures, uint8 RGB (H, W, 3)."""

    report: Report
    roc: np.ndarray
    distances: np.ndarray
    worst: np.ndarray


def evaluate(pictures: Iterable[PersonPicture], model: str) -> Iterator[Working | Evaluation]:
    """Every picture against every other one; yields how far it is, and last the evaluation.

    Raises UserError when there are no two pictures of one person, or no two people.
    """
    encodings, crops = yield from _encodings(pictures)
    yield Working("Comparing every picture with every other one ...")
    report = evaluate_all_pairs(encodings, model)
    yield Evaluation(
        report,
        plots.roc(report),
        plots.distances(report),
        plots.contact_sheet(report.worst[:SHOWN_MISTAKES], crops.__getitem__, crops.__getitem__),
    )


def _encodings(
    pictures: Iterable[PersonPicture],
) -> Generator[Working, None, tuple[Encodings, dict[str, np.ndarray]]]:
    keys: list[str] = []
    people: list[str] = []
    found: list[np.ndarray | None] = []
    problems: list[tuple[str, str]] = []
    crops: dict[str, np.ndarray] = {}
    told = 0.0
    for number, picture in enumerate(pictures, 1):
        if not picture.person:
            continue  # its folder's name is none: nobody can say whose picture it is
        key = f"{picture.person}/{picture.name} ({number})"  # two folders may share a name
        keys.append(key)
        people.append(picture.person)
        found.append(picture.encoding)
        if picture.crop is None:
            problems.append((key, picture.problem))
        else:
            crops[key] = picture.crop
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            yield Working(f"{len(keys)} pictures encoded ...")
    if not crops:
        raise UserError("No face was found in any picture of this zip.")
    return Encodings(tuple(keys), tuple(people), rows(found), tuple(problems)), crops
