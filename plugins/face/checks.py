"""What may be asked of the backend. Each check raises UserError."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host import UserError, checks


def picture_batch(images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Raises UserError unless these are pictures; a single one is told apart from a batch."""
    if isinstance(images, np.ndarray) and images.ndim == 3:
        raise UserError("Pass a list of pictures; for a single one, a list of one.")
    try:
        batch = list(images)
    except TypeError:
        raise UserError("Pass a list of pictures.") from None
    return [
        checks.picture(f"{ordinal(number)} picture", image) for number, image in enumerate(batch, 1)
    ]


def ordinal(number: int) -> str:
    words = ("first", "second", "third")
    if number <= len(words):
        return words[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number // 10 % 10 == 1 else ending}"
