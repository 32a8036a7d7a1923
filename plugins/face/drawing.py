"""Marking found faces on a picture, and pictures as files."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw

from plugins.face.results import Face

CHOSEN = (56, 189, 120)
OTHERS = (245, 245, 245)
OUTLINE = (20, 20, 20)
LARGEST = 1024
COARSE = 512  # pictures up to this get marks drawn at twice the size, for smooth edges


def mark_faces(image: np.ndarray, faces: list[Face], chosen: int) -> np.ndarray:
    """A copy of ``image`` with the chosen face boxed and dotted, and the others boxed dashed.

    image: uint8 RGB (H, W, 3), scaled down to at most ``LARGEST`` pixels a side on the way.
    """
    picture = Image.fromarray(image)
    picture.thumbnail((LARGEST, LARGEST))
    fine = 2 if max(picture.size) <= COARSE else 1
    scale = fine * np.array([picture.width / image.shape[1], picture.height / image.shape[0]])
    canvas = Image.new("RGBA", (picture.width * fine, picture.height * fine))
    draw = ImageDraw.Draw(canvas)
    thick = max(2, round(max(picture.size) / 160)) * fine
    for index, face in enumerate(faces):
        left, top, right, bottom = (np.reshape(face.box, (2, 2)) * scale).ravel().tolist()
        radius = (right - left) / 8
        if index != chosen:
            width = max(fine, thick // 2)
            _dashed(draw, (left, top, right, bottom), 4 * width, OUTLINE, width + fine)
            _dashed(draw, (left, top, right, bottom), 4 * width, OTHERS, width)
            continue
        # A dark line around the bright one shows on any background.
        draw.rounded_rectangle(
            (left - fine, top - fine, right + fine, bottom + fine),
            radius + fine,
            outline=OUTLINE,
            width=thick + 2 * fine,
        )
        draw.rounded_rectangle((left, top, right, bottom), radius, outline=CHOSEN, width=thick)
        dot = max(2.0 * fine, (right - left) / 40)
        for x, y in face.landmarks * scale:
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=CHOSEN, outline=OUTLINE)
    marks = canvas.reduce(fine)
    picture.paste(marks, mask=marks)
    return np.asarray(picture)


def _dashed(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    dash: float,
    colour: tuple[int, int, int],
    width: int,
) -> None:
    left, top, right, bottom = box
    for x in _starts(left, right, dash):
        for y in (top, bottom):
            draw.line((x, y, min(x + dash, right), y), fill=colour, width=width)
    for y in _starts(top, bottom, dash):
        for x in (left, right):
            draw.line((x, y, x, min(y + dash, bottom)), fill=colour, width=width)


def _starts(begin: float, end: float, dash: float) -> Iterable[float]:
    return np.arange(begin, end, 2 * dash).tolist()


def jpeg(image: np.ndarray) -> bytes:
    """uint8 RGB (H, W, 3) as a JPEG file."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=85)
    return out.getvalue()
