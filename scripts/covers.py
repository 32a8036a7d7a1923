"""Make the pictures of the Start tab, each from what its plugin really answers.

    .venv/bin/python scripts/covers.py          all
    .venv/bin/python scripts/covers.py style    some

Seeds are fixed; the style cover is painted with the embedded network. Writes
assets/<plugin>/cover.webp, 720 x 480.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from host import Host
from host.images import load
from host.settings import Settings as HostSettings
from plugins.style.settings import Settings

ASSETS = ROOT / "assets"
WIDTH, HEIGHT = 720, 480
INK, GREEN, RED = "#1c1917", "#86efac", "#fca5a5"


def face(backend: Any) -> Image.Image:
    """Three pictures, two answers."""
    names = ("anna_1", "anna_2", "bruno_1")
    pictures = [load(ASSETS / "face" / f"{name}.jpg") for name in names]
    answers = backend.verify(pictures[:1] * 2, pictures[1:])
    cover, side = Image.new("RGB", (WIDTH, HEIGHT), INK), WIDTH // 3
    for place, picture in enumerate(pictures):
        fitted = ImageOps.fit(Image.fromarray(picture), (side - 4, 360), centering=(0.5, 0.3))
        cover.paste(fitted, (place * side + 2, 0))
    draw = ImageDraw.Draw(cover)
    for place, answer in enumerate(answers):
        middle, colour = side * (place + 1), GREEN if answer.same else RED
        draw.line((middle - 90, 378, middle + 90, 378), colour, 4)
        words = "same person" if answer.same else "different people"
        draw.text((middle, 410), words, colour, ImageFont.load_default(27), "mm")
        draw.text(
            (middle, 446),
            f"distance {answer.distance:.2f}",
            "white",
            ImageFont.load_default(22),
            "mm",
        )
    return cover


def style(backend: Any) -> Image.Image:
    """Photo and painting on the left, what becomes of them on the right."""
    photo, painting = (
        load(ASSETS / name) for name in ("gan/enlarge_landscape.png", "style/starry.jpg")
    )
    *_, last = backend.transfer(photo, [painting], Settings(size=640, steps=200, seed=1))
    cover = Image.new("RGB", (WIDTH, HEIGHT), INK)
    small, large = (238, HEIGHT // 2 - 2), (478, HEIGHT)
    cover.paste(ImageOps.fit(Image.fromarray(photo), small), (0, 0))
    cover.paste(ImageOps.fit(Image.fromarray(painting), small), (0, HEIGHT // 2 + 2))
    cover.paste(ImageOps.fit(Image.fromarray(last.image), large), (242, 0))
    return cover


def gan(backend: Any) -> Image.Image:
    """Digits that nobody wrote."""
    sheet: np.ndarray = backend.generate("all", 4, 7, 1.5)
    return ImageOps.fit(Image.fromarray(sheet), (WIDTH, HEIGHT), Image.Resampling.BICUBIC)


COVERS: dict[str, Callable[[Any], Image.Image]] = {"face": face, "style": style, "gan": gan}


def main() -> None:
    with Host(HostSettings(offline=True)) as host:
        for name in sys.argv[1:] or COVERS:
            COVERS[name](host.backend(name)).save(
                ASSETS / name / "cover.webp", quality=86, optimize=True
            )
            print(f"assets/{name}/cover.webp")


if __name__ == "__main__":
    main()
