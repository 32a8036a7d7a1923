"""A visitor's own points: drawn, or read from a CSV file. No torch."""

from __future__ import annotations

import re

import numpy as np

from host import UserError
from plugins.gan.playground.results import LIMIT

MIN_POINTS = 3
MAX_POINTS = 20_000
MAX_BYTES = 2_000_000
FITTED = 0.9
"""Half of the side of the square that a CSV beyond the plane is shrunk into."""

_LONGEST_LINE = 1_000  # characters; two numbers take 50
_COLUMNS = (
    "A CSV of points has two columns of numbers, x and y, "
    "with a comma, semicolon or tab between them"
)


def own_points(points: object) -> np.ndarray:
    """``points`` as (N, 2) float32 within the plane [-1, 1] x [-1, 1].

    Raises UserError for another shape, fewer than 3 or more than 20,000 points, and for points
    that are not finite or lie outside.
    """
    if points is None:
        raise UserError("Draw some points first, or upload a CSV of them.")
    array = _pairs(points)
    if np.abs(array).max() > LIMIT:
        raise UserError("All points must lie between -1 and 1 in both directions.")
    return array.astype(np.float32)


def fitted(points: object) -> tuple[np.ndarray, str]:
    """Points of any size moved into the plane, and a sentence that says so.

    Points that fit as they are stay so, and the sentence is "". Others are centred and scaled,
    both directions alike, into [-0.9, 0.9]. Raises UserError as :func:`own_points` does.
    """
    array = _pairs(points)
    if np.abs(array).max() <= LIMIT:
        return array.astype(np.float32), ""
    low, high = array.min(0), array.max(0)
    half = (high - low).max() / 2
    scaled = array - (low + high) / 2
    if half > 0:  # else all are in one place
        scaled = scaled / half * FITTED
    return scaled.clip(-FITTED, FITTED).astype(np.float32), (
        "The points reach beyond the plane: they were centred and scaled, both directions alike, "
        f"into [-{FITTED}, {FITTED}]."
    )


def read_csv(data: bytes) -> np.ndarray:
    """The points of a CSV file, (N, 2) float64, as they are written (see :func:`fitted`).

    Two columns of numbers, separated by comma, semicolon or tab, in UTF-8; one line of headings
    may come first; empty lines are skipped. With semicolons or tabs, a comma may be the decimal
    sign. Raises UserError, and nothing else, for any other bytes.
    """
    if not data:
        raise UserError("This file is empty.")
    if len(data) > MAX_BYTES:
        raise UserError(f"This file is over the limit of {MAX_BYTES / 1e6:g} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("This file is not a CSV: it is not plain text in UTF-8.") from error
    lines = [
        (number, line)
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1)
        if line.strip()
    ]
    if not lines:
        raise UserError("This file is empty.")
    separator = next((each for each in "\t;," if each in lines[-1][1]), None)
    if separator is None:
        raise UserError(f"{_COLUMNS}.")
    if len(lines) > 1 and _numbers(lines[0][1], separator) is None:
        lines = lines[1:]  # the headings
    if len(lines) > MAX_POINTS:
        raise UserError(f"At most {MAX_POINTS:,} points fit, not {len(lines):,}.")
    found = []
    for number, line in lines:
        pair = _numbers(line, separator)
        if pair is None:
            raise UserError(f"{_COLUMNS}: line {number} is something else.")
        found.append(pair)
    return _pairs(found)


def _numbers(line: str, separator: str) -> tuple[float, float] | None:
    """The two numbers of a line, or None."""
    if len(line) > _LONGEST_LINE:
        return None
    cells = [cell.strip().strip('"').strip() for cell in line.split(separator)]
    if len(cells) != 2:
        return None
    if separator != ",":
        cells = [cell.replace(",", ".") for cell in cells]
    try:
        x, y = float(cells[0]), float(cells[1])
    except ValueError:
        return None
    return x, y


def _pairs(points: object) -> np.ndarray:
    """(N, 2) float64, of an allowed number and finite."""
    try:
        array = np.asarray(points, np.float64)
    except (TypeError, ValueError) as error:
        raise UserError("Points must be pairs of numbers.") from error
    if array.ndim != 2 or array.shape[1] != 2:
        if array.size == 0:
            raise UserError(f"At least {MIN_POINTS} points are needed.")
        raise UserError("Points must be pairs of numbers.")
    if len(array) < MIN_POINTS:
        raise UserError(f"At least {MIN_POINTS} points are needed, not {len(array)}.")
    if len(array) > MAX_POINTS:
        raise UserError(f"At most {MAX_POINTS:,} points fit, not {len(array):,}.")
    # beyond 1e100 the arithmetic of scaling would overflow
    if not np.isfinite(array).all() or np.abs(array).max() > 1e100:
        raise UserError("All points must be finite numbers.")
    return array
