"""The manners of drawing, as numbers. Light: the tab and the backend both import it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHORTEST, LONGEST = 300, 1600
"""The long side of a sheet, in pixels."""


@dataclass(frozen=True)
class Pass:
    """One round over the sheet.

    lines: whether it draws the outlines (along them) or the shadows (hatching).
    angle: of the hatching where the picture has no direction of its own, in degrees.
    strokes: how many, at most, on a sheet of 900 x 600 pixels.
    length, width: of a stroke, in pixels of a sheet with a long side of 900.
    pressure: 0..1, how dark one stroke is.
    above: draws only where the picture is darker than this, 0..1.
    """

    lines: bool
    angle: float
    strokes: int
    length: float
    width: float
    pressure: float
    above: float = 0.0


@dataclass(frozen=True)
class Manner:
    """A tool and the way it is used.

    pigment: its colour, RGB 0..255; None takes the photo's colours.
    paper: the sheet's colour, RGB 0..255.
    tooth: 0..1, how much of the paper's grain shows through a stroke.
    softness: blur of a stroke in pixels, as charcoal crumbles.
    follow: 0..1, how much the hatching follows the shapes rather than its own angle.
    """

    title: str
    passes: tuple[Pass, ...]
    pigment: tuple[int, int, int] | None
    paper: tuple[int, int, int]
    tooth: float
    softness: float
    follow: float


@dataclass(frozen=True)
class Frame:
    """The drawing so far.

    picture: RGB uint8 (H, W, 3).
    strokes: drawn up to now.
    share: of the whole work, 0..1.
    """

    picture: np.ndarray
    strokes: int
    share: float


MANNERS = {
    "pencil": Manner(
        "Pencil",
        (
            Pass(True, 0, 1500, 50, 1.2, 0.35),
            Pass(False, 52, 3500, 46, 1.5, 0.20),
            Pass(False, 38, 3500, 34, 1.3, 0.26, above=0.35),
            Pass(False, 60, 4500, 22, 1.4, 0.48, above=0.55),
            Pass(False, 46, 3500, 16, 1.6, 0.65, above=0.75),
            Pass(True, 0, 3000, 30, 1.1, 0.7),
        ),
        pigment=(46, 46, 52),
        paper=(250, 248, 242),
        tooth=0.55,
        softness=0.0,
        follow=0.55,
    ),
    "charcoal": Manner(
        "Charcoal",
        (
            Pass(False, 50, 2600, 70, 11, 0.16, above=0.16),
            Pass(False, 60, 2400, 46, 6, 0.30, above=0.40),
            Pass(False, 42, 2600, 28, 3.5, 0.50, above=0.60),
            Pass(True, 0, 2400, 36, 2.0, 0.8),
        ),
        pigment=(28, 26, 26),
        paper=(238, 230, 214),
        tooth=0.8,
        softness=0.8,
        follow=0.6,
    ),
    "ink": Manner(
        "Ink",
        (
            Pass(True, 0, 3500, 40, 1.2, 0.9),
            Pass(False, 45, 2600, 44, 1.0, 0.85, above=0.25),
            Pass(False, 135, 2600, 36, 1.0, 0.85, above=0.50),
            Pass(False, 90, 2600, 28, 1.0, 0.85, above=0.68),
            Pass(False, 0, 2600, 22, 1.0, 0.85, above=0.82),
        ),
        pigment=(22, 26, 44),
        paper=(252, 250, 244),
        tooth=0.0,
        softness=0.0,
        follow=0.25,
    ),
    "colours": Manner(
        "Coloured pencils",
        (
            Pass(False, 50, 5000, 50, 2.2, 0.34),
            Pass(False, 38, 5000, 34, 1.8, 0.40),
            Pass(False, 64, 5000, 24, 1.5, 0.45),
            Pass(True, 0, 3500, 26, 1.2, 0.6),
        ),
        pigment=None,
        paper=(252, 250, 245),
        tooth=0.5,
        softness=0.0,
        follow=0.6,
    ),
}
