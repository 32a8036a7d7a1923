"""Draw the example pictures of the tab Enlarge: assets/gan/enlarge_*.png.

    python scripts/gan_draw_examples.py [--output DIR]

Both are drawn here from numbers alone, and as hard to enlarge as photographs are: one has thin
lines, letters and gratings, the other a landscape with grass, leaves and waves.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
TWICE = 2
"""Drawn so many times larger than saved, against jagged edges."""


def lines(side: int = 384) -> Image.Image:
    """Letters of falling size, a fan of lines, rings that get finer outwards, and a grating."""
    size = side * TWICE
    canvas = Image.new("RGB", (size, size), "#f7f3e8")
    draw = ImageDraw.Draw(canvas)
    top = 12 * TWICE
    for points in (34, 26, 20, 15, 12):
        font = ImageFont.load_default(points * TWICE)
        draw.text((14 * TWICE, top), "Four times larger", "#1d2b3a", font)
        top += round(points * 1.35) * TWICE
    for number in range(25):  # a fan
        angle = np.pi / 2 * number / 24
        end = (
            8 * TWICE + 170 * TWICE * np.cos(angle),
            size - 8 * TWICE - 170 * TWICE * np.sin(angle),
        )
        draw.line([(8 * TWICE, size - 8 * TWICE), end], "#9c2f2f", 2 * TWICE)
    y, x = np.mgrid[:size, :size] / TWICE
    distance = np.hypot(x - 275, y - 275)
    rings = 0.5 + 0.5 * np.cos(distance**2 / 95)
    colour = np.array([38, 92, 128]) + rings[..., None] * (
        np.array([247, 243, 232]) - [38, 92, 128]
    )
    pixels = np.asarray(canvas).copy()
    inside = distance < 95
    pixels[inside] = colour[inside].astype(np.uint8)
    stripes = (x > 300) & (x < 370) & (y > 20) & (y < 160)
    period = 3 + 9 * (160 - y) / 140
    light = np.cumsum(1 / np.where(stripes, period, np.inf), axis=0) / TWICE % 1 < 0.5
    pixels[stripes & light] = (45, 100, 60)
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)


def _noise(random: np.random.Generator, height: int, width: int, octaves: int) -> np.ndarray:
    """Sums of smooth random fields, each twice as fine and half as strong, in about [-1, 1]."""
    total = np.zeros((height, width))
    for octave in range(octaves):
        cells = 3 * 2**octave
        field = Image.fromarray(random.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += np.asarray(field.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return total / 1.6


def landscape(width: int = 480, height: int = 320, seed: int = 4) -> Image.Image:
    """Sky with clouds, two ridges, a lake that mirrors, trees and grass."""
    random = np.random.default_rng(seed)
    w, h = width * TWICE, height * TWICE
    rows = np.linspace(0, 1, h)[:, None, None]
    sky = np.array([70, 120, 190]) * (1 - rows * 1.6) + np.array([250, 214, 170]) * rows * 1.6
    cloud = np.clip(_noise(random, h, w, 7) * 1.4, 0, 1)[..., None] * np.clip(1 - rows * 1.8, 0, 1)
    pixels = sky.clip(0, 255) * (1 - cloud) + 250 * cloud
    y = np.arange(h)[:, None]
    for base, rise, colour in ((0.47, 0.28, (92, 104, 140)), (0.52, 0.15, (58, 84, 76))):
        ridge = base - rise * np.abs(_noise(random, 4, w, 8)[1])
        below = y / h > ridge[None]
        shade = 1 + 0.45 * _noise(random, h, w, 8)[..., None]
        pixels = np.where(below[..., None], np.array(colour) * shade, pixels)
    shore = round(0.55 * h)
    depth = np.arange(h - shore)
    ripple = (3 * TWICE * np.sin(depth / (2.0 + depth / 45))).astype(int)
    for row in depth:  # the lake shows what is above it, moved by waves
        mirrored = np.roll(pixels[max(0, shore - 1 - row)], ripple[row], 0)
        pixels[shore + row] = 0.72 * mirrored + np.array([8, 22, 34])
    canvas = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(canvas)
    for _ in range(16):
        _tree(draw, random, random.uniform(0, w), shore + random.uniform(-4, 14) * TWICE, h * 0.16)
    for _ in range(9_000):
        foot = h + 6 * TWICE - abs(random.normal(0, 0.09)) * h
        left, length = random.uniform(0, w), random.uniform(6, 22) * TWICE
        green = int(random.integers(70, 190))
        tip = (left + random.normal(0, 5) * TWICE, foot - length)
        draw.line([(left, foot), tip], (green // 2 + 20, green, 40), TWICE)
    return canvas.resize((width, height), Image.Resampling.LANCZOS)


def _tree(
    draw: ImageDraw.ImageDraw, random: np.random.Generator, x: float, foot: float, tall: float
) -> None:
    """A fir of many short strokes."""
    tall *= random.uniform(0.6, 1.3)
    draw.line([(x, foot), (x, foot - tall)], (50, 36, 28), 2 * TWICE)
    for share in np.linspace(0.12, 1, 70):
        reach = (1 - share) * tall * 0.32 * random.uniform(0.6, 1.2)
        green = int(random.integers(45, 110))
        for way in (-1, 1):
            draw.line(
                [(x, foot - share * tall), (x + way * reach, foot - share * tall + reach * 0.5)],
                (green // 3, green, green // 2),
                TWICE,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "assets" / "gan")
    folder = parser.parse_args().output
    for name, picture in (("lines", lines()), ("landscape", landscape())):
        picture.save(folder / f"enlarge_{name}.png", optimize=True)


if __name__ == "__main__":
    main()
