"""The painters that style_judge.py compares, and a sheet of their pictures."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.style import networks
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import prepared
from plugins.style.preview import matched
from plugins.style.settings import Settings
from plugins.style.transfer import transfer

PAINTERS = ("embedded", "random", "teacher")

Key = tuple[str, str, str, float]
"""Painter, photo, painting, content weight."""


def make_painters(data: Path) -> dict[str, Objective]:
    """data: the folder with the teacher's weights."""
    keras.utils.set_random_seed(0)  # of the random filters
    teacher = networks.squeezenet(data / "squeezenet_v1.1_imagenet_notop.h5")
    found = (networks.embedded(), networks.embedded(None), teacher)
    return {name: Objective(network) for name, network in zip(PAINTERS, found, strict=True)}


def paint(
    objective: Objective, photo: np.ndarray, painting: np.ndarray, steps: int, content_weight: float
) -> np.ndarray:
    """The plugin's transfer, from the photo itself: the quick sketch is the embedded network's."""
    settings = Settings(
        size=max(photo.shape[:2]), steps=steps, content_weight=content_weight, start="photo"
    ).checked()
    *_, last = transfer(objective, prepared(photo, [painting], [None], settings, matched), settings)
    assert last.image is not None
    return last.image


def sheet(
    pictures: dict[Key, np.ndarray],
    photos: dict[str, np.ndarray],
    paintings: dict[str, np.ndarray],
    cell: int = 256,
) -> Image.Image:
    """Paintings along the top; for each photo a block with a row for each painter."""
    gap, label = 4, 14
    heights = [cell + label]
    for photo in photos.values():
        heights += [fitted(photo, cell).shape[0] + label] * len(PAINTERS)
    canvas = Image.new(
        "RGB", ((1 + len(paintings)) * (cell + gap), sum(heights) + gap * len(heights)), "white"
    )
    draw = ImageDraw.Draw(canvas)

    def put(row: int, column: int, picture: np.ndarray, text: str) -> None:
        x, y = column * (cell + gap), sum(heights[:row]) + gap * row
        draw.text((x + 2, y + 1), text, fill="black")
        canvas.paste(Image.fromarray(fitted(picture, cell)), (x, y + label))

    for column, (name, painting) in enumerate(paintings.items(), 1):
        put(0, column, painting, name)
    for block, (name, photo) in enumerate(photos.items()):
        first = 1 + block * len(PAINTERS)
        put(first, 0, photo, f"photo {name}")
        for row, painter in enumerate(PAINTERS, first):
            for column, painting_name in enumerate(paintings, 1):
                picture = pictures[painter, name, painting_name, 1.0]
                put(row, column, picture, f"{painter}, {painting_name}")
    return canvas
