"""Which digits a visitor asks for. Each raises UserError for anything else."""

from __future__ import annotations

from host import UserError

DIGITS = "0123456789"


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


def _text(value: object) -> str:
    try:
        return str(value).strip()
    except ValueError:  # Python writes out no int of more than 4,300 digits
        return ""
