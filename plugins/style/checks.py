"""What may be asked for. Each check returns the value ready for use or raises UserError."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from host import UserError


def number(name: str, value: Any, low: float, high: float) -> float:
    """``value`` as a float between ``low`` and ``high``."""
    if not _within(value, low, high):
        raise UserError(f"{name} must be a number between {low:,} and {high:,}.")
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


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """``value`` if it is among ``choices``."""
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(f'"{each}"' for each in choices)
        raise UserError(f"{name} must be one of {names}.")
    return value


def _within(value: Any, low: float, high: float) -> bool:
    kind = isinstance(value, int | float | np.integer | np.floating)
    return kind and not isinstance(value, bool) and bool(low <= value <= high)
