"""What was given -> a value of the right kind and range, or one clear sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from host import UserError


def number(value: Any, limits: tuple[float, float], what: str) -> float:
    """``value`` as a float within ``limits``; ``what`` begins the sentence. Raises UserError."""
    if not _within(value, limits):
        low, high = limits
        raise UserError(f"{what} must be a number between {low:,} and {high:,}.")
    return float(value)


def numbers(values: Any, count: int, limits: tuple[float, float], what: str) -> tuple[float, ...]:
    """``count`` values as floats within ``limits``. Raises UserError."""
    if not isinstance(values, list | tuple) or len(values) != count:
        given = len(values) if isinstance(values, list | tuple) else "none"
        raise UserError(f"{what} must be given: {count} in all, not {given}.")
    return tuple(number(value, limits, what) for value in values)


def whole(value: Any, limits: tuple[int, int], what: str) -> int:
    """``value`` as a whole number within ``limits``. Raises UserError."""
    if not _within(value, limits) or value != math.floor(value):
        low, high = limits
        raise UserError(f"The {what} must be a whole number between {low:,} and {high:,}.")
    return int(value)


def one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    """``value`` if it is one of ``allowed``. Raises UserError."""
    if not isinstance(value, str) or value not in allowed:
        names = ", ".join(f'"{name}"' for name in allowed)
        raise UserError(f"The {what} must be one of {names}.")
    return value


def _within(value: Any, limits: tuple[float, float]) -> bool:
    low, high = limits
    kind = isinstance(value, int | float | np.integer | np.floating)
    return kind and not isinstance(value, bool) and bool(low <= value <= high)
