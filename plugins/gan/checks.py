"""What a visitor may ask for. Each check returns the value ready for use or raises UserError."""

from __future__ import annotations

import math
from collections.abc import Sequence

from host import UserError

MAX_SEED = 2**32 - 1
DIGITS = "0123456789"


def whole(name: str, value: float, low: int, high: int) -> int:
    """``value`` as an int between ``low`` and ``high``."""
    if not _is_number(value) or value != int(value):
        raise UserError(f"{name} must be a whole number.")
    if not low <= value <= high:
        raise UserError(f"{name} must be between {low:,} and {high:,}.")
    return int(value)


def number(name: str, value: float, low: float, high: float) -> float:
    """``value`` as a float between ``low`` and ``high``."""
    if not _is_number(value):
        raise UserError(f"{name} must be a number.")
    if not low <= value <= high:
        raise UserError(f"{name} must be between {low:g} and {high:g}.")
    return float(value)


def one_of(name: str, value: object, choices: Sequence[str]) -> str:
    """``value`` if it is among ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise UserError(f"{name} must be one of {', '.join(choices[:-1])} or {choices[-1]}.")
    return value


def seed(value: float, name: str = "The seed") -> int:
    return whole(name, value, 0, MAX_SEED)


def digit_string(value: str | int, longest: int = 12) -> list[int]:
    """ "all" -> 0 to 9; otherwise the digits of a number such as "7" or "2024", in order."""
    text = _text(value)
    if text.lower() == "all":
        return list(range(10))
    if not text or set(text) - set(DIGITS):
        raise UserError('Ask for digits from 0 to 9, such as 7 or 2024, or "all".')
    if len(text) > longest:
        raise UserError(f"At most {longest} digits fit in a row, not {len(text)}.")
    return [int(c) for c in text]


def digit(value: str | int, name: str) -> int:
    """One class, as "3" or 3."""
    text = _text(value)
    if len(text) != 1 or text not in DIGITS:
        raise UserError(f"{name} must be one of 0 to 9.")
    return int(text)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: object) -> str:
    try:
        return str(value).strip()
    except ValueError:  # Python writes out no int of more than 4,300 digits
        return ""
