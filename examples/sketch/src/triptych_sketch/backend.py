"""What runs in the worker."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from host import Context, UserError
from triptych_sketch import drawing
from triptych_sketch.manners import LONGEST, MANNERS, SHORTEST, Frame

_SMALLEST = 8  # pixels: less than that is no picture of anything


class SketchBackend:
    """Draws pictures. Keeps nothing between calls."""

    def __init__(self, context: Context) -> None:
        self._device = context.device

    def draw(
        self, picture: np.ndarray, manner: str = "pencil", long_side: int = 900, seed: int = 0
    ) -> Iterator[Frame]:
        """Draw ``picture``, RGB uint8 (H, W, 3), and show the sheet about forty times.

        manner: a key of MANNERS.
        long_side: of the sheet, 300 to 1600 pixels.
        seed: the same one gives the same drawing.
        Raises UserError for anything else.
        """
        _check(picture)
        if manner not in MANNERS:
            raise UserError(f"There is no manner {manner!r}; choose from {', '.join(MANNERS)}.")
        if not SHORTEST <= long_side <= LONGEST:
            raise UserError(f"The sheet can have {SHORTEST} to {LONGEST} pixels.")
        if not 0 <= seed < 2**32:
            raise UserError("The seed is a whole number from 0 to 4294967295.")
        yield from drawing.draw(picture, MANNERS[manner], long_side, seed)

    def outline(self, picture: np.ndarray) -> np.ndarray:
        """The outlines alone, RGB uint8 (H, W, 3) with a long side of 900, at once.

        Raises UserError for a picture of less than 8 pixels a side.
        """
        _check(picture)
        return drawing.outlines(picture, 900)

    def health(self) -> dict[str, str]:
        return {"opencv": cv2.__version__, "numpy": np.__version__}


def _check(picture: np.ndarray) -> None:
    if min(picture.shape[:2]) < _SMALLEST:
        raise UserError(f"This picture is too small to draw: {_SMALLEST} pixels a side at least.")
