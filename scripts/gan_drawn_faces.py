"""Draws the example faces for "Lines to portrait": assets/gan/drawing_1.png and following.

    python scripts/gan_drawn_faces.py [FOLDER]

Faces of nobody, of a few curves each, in black ink on white, 512x512. Eyes, nose and mouth are
where they are, on average, in the portraits that the networks learnt from.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

ROOT = Path(__file__).resolve().parents[1]
SIDE, FINER = 512, 4  # drawn four times as large, then reduced: smooth lines
CENTRE = 250

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Face:
    jaw: float  # half the width of the face
    chin: float
    smile: float  # how far the corners of the mouth are above its middle
    brow: float  # height of the eyebrows above the eyes
    hair: tuple[Points, ...]
    extras: tuple[Points, ...] = ()
    pen: float = 6.0
    ears: bool = True


def mirrored(points: Points) -> Points:
    return [(2 * CENTRE - x, y) for x, y in points]


def curves(face: Face) -> list[Points]:
    """All lines of a face, as points that smooth curves go through."""
    jaw, chin = face.jaw, face.chin
    half = [
        (CENTRE - jaw, 190),
        (CENTRE - jaw + 6, 280),
        (CENTRE - 0.72 * jaw, chin - 65),
        (CENTRE - 0.3 * jaw, chin - 8),
    ]
    outline = [*half, (CENTRE, chin), *reversed(mirrored(half))]
    eye = [(120, 196), (140, 180), (162, 178), (186, 196)]
    lower = [(120, 196), (145, 206), (168, 206), (186, 196)]
    iris = [(146, 182), (143, 193), (150, 203), (162, 203), (168, 193), (164, 181)]
    brow = [(104, 182 - face.brow), (145, 168 - face.brow), (196, 178 - face.brow)]
    ear = [(CENTRE - jaw, 190), (CENTRE - jaw - 20, 185), (CENTRE - jaw - 16, 240)]
    ear.append((CENTRE - jaw + 4, 268))
    neck = [(CENTRE - 75, chin - 38), (CENTRE - 78, 470), (CENTRE - 95, 511)]
    nostril = [(216, 270), (207, 284), (214, 297), (228, 293)]
    both = [eye, lower, iris, brow, neck, nostril, *([ear] if face.ears else [])]
    nose = [(228, 294), (240, 303), (250, 304), (260, 303), (272, 294)]
    corner = 346 - face.smile
    mouth = [(190, corner), (225, 347), (250, 350), (275, 347), (310, corner)]
    upper = [(190, corner), (228, 331), (250, 337), (272, 331), (310, corner)]
    under = [(200, corner + 6), (230, 370), (250, 374), (270, 370), (300, corner + 6)]
    lines = [outline, nose, mouth, upper, under, *both, *map(mirrored, both)]
    return [*lines, *face.hair, *face.extras]


SHORT = (
    [(85, 200), (72, 130), (110, 50), (190, 18), (260, 14), (340, 30), (405, 75), (425, 140)],
    [(425, 140), (415, 200)],
    [(88, 200), (100, 140), (150, 100), (230, 88), (320, 92), (385, 125), (412, 200)],
    [(150, 100), (180, 60), (230, 45)],
    [(230, 88), (270, 58), (320, 52)],
)
LONG = (
    [(60, 511), (42, 380), (48, 220), (80, 100), (160, 30), (250, 12)],
    [(250, 12), (345, 30), (420, 100), (452, 220), (458, 380), (440, 511)],
    [(250, 40), (180, 75), (120, 130), (96, 210), (100, 320), (120, 420), (115, 511)],
    [(250, 40), (320, 75), (380, 130), (404, 210), (400, 320), (380, 420), (385, 511)],
    [(70, 300), (75, 400), (90, 500)],
    [(430, 300), (425, 400), (410, 500)],
)
BALD = ([(98, 190), (100, 120), (150, 50), (250, 22), (350, 50), (400, 120), (402, 190)],)
RIM: Points = [
    *[(105, 180), (150, 165), (200, 178), (205, 205), (180, 232), (130, 232), (104, 210)],
    (105, 180),
]
GLASSES = (RIM, mirrored(RIM), [(204, 190), (225, 182), (275, 182), (296, 190)])
BEARD = (
    [(102, 280), (125, 320), (170, 322), (250, 312), (330, 322), (375, 320), (398, 280)],
    [(150, 395), (165, 410)],
    [(205, 415), (210, 435)],
    [(290, 435), (295, 415)],
    [(335, 410), (350, 395)],
    [(225, 392), (230, 410)],
    [(270, 410), (275, 392)],
)

FACES = (
    Face(jaw=152, chin=440, smile=6, brow=12, hair=SHORT),
    Face(jaw=145, chin=432, smile=12, brow=16, hair=LONG, pen=5, ears=False),
    Face(jaw=150, chin=445, smile=2, brow=14, hair=BALD, extras=(*GLASSES, *BEARD), pen=7),
)


def draw(face: Face) -> Image.Image:
    image = Image.new("L", (SIDE * FINER, SIDE * FINER), 255)
    pen = ImageDraw.Draw(image)
    radius = face.pen * FINER / 2
    for points in curves(face):
        along = np.arange(len(points))
        smooth = CubicSpline(along, np.array(points, float))(np.linspace(0, along[-1], 400))
        for x, y in smooth * FINER:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return image.resize((SIDE, SIDE), Image.Resampling.BOX)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "assets" / "gan"
    for number, face in enumerate(FACES, start=1):
        draw(face).save(folder / f"drawing_{number}.png", optimize=True)


if __name__ == "__main__":
    main()
