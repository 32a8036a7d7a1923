"""What may be asked of a backend. Each check returns the value ready for use, or raises UserError
with a sentence that begins with ``name``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from host.plugin import UserError

MAX_SEED = 2**32 - 1


def number(name: str, value: Any, low: float, high: float) -> float:
    """``value`` as a float between ``low`` and ``high``."""
    if not _within(value, low, high):
        raise UserError(f"{name} must be a number between {_said(low)} and {_said(high)}.")
    return float(value)


def numbers(name: str, values: Any, count: int, low: float, high: float) -> tuple[float, ...]:
    """``count`` values as floats between ``low`` and ``high``."""
    if not isinstance(values, list | tuple) or len(values) != count:
        given = len(values) if isinstance(values, list | tuple) else "none"
        raise UserError(f"{name} must be given: {count} in all, not {given}.")
    return tuple(number(name, value, low, high) for value in values)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """``value`` as an int between ``low`` and ``high``."""
    if not _within(value, low, high) or value != math.floor(value):
        raise UserError(f"{name} must be a whole number between {low:,} and {high:,}.")
    return int(value)


def seed(value: Any, name: str = "The seed") -> int:
    """``value`` as an int between 0 and 2**32 - 1."""
    return whole(name, value, 0, MAX_SEED)


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """``value`` if it is among ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise UserError(f"{name} must be one of {', '.join(choices)}.")
    return value


def picture(what: str, value: Any) -> np.ndarray:
    """``value`` if it is RGB uint8 (H, W, 3); ``what`` is how a sentence names it: "photo"."""
    if value is None:
        raise UserError(f"Please choose a {what} first.")
    if not (
        isinstance(value, np.ndarray)
        and value.dtype == np.uint8
        and value.ndim == 3
        and value.shape[2] == 3
        and value.size
    ):
        raise UserError(f"The {what} must be an RGB picture, uint8 (H, W, 3).")
    return value


def _within(value: Any, low: float, high: float) -> bool:
    kind = isinstance(value, int | float | np.integer | np.floating)
    return kind and not isinstance(value, bool) and bool(low <= value <= high)


def _said(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"
