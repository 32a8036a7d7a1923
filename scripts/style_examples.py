"""Draw the style plugin's example paintings: seeded, with numpy and Pillow only.

    python scripts/style_examples.py [--out assets/style]

Writes starry.jpg, glass.jpg, waves.jpg, circles.jpg and autumn.jpg, 512 pixels a side.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 512
FINE = 2 * SIDE  # everything is drawn at twice the size and scaled down

Colours = np.ndarray  # (..., 3) floats in 0..255


def palette(*codes: str) -> Colours:
    return np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in codes], float)


def ramp(colours: Colours, t: np.ndarray) -> Colours:
    """Colours along a piecewise linear ramp, t in 0..1."""
    at = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(t, at, colours[:, c]) for c in range(3)], -1)


def noise(rng: np.random.Generator, cell: int, octaves: int = 3) -> np.ndarray:
    """Smooth noise (FINE, FINE), about -1..1, its largest features ``cell`` pixels wide."""
    total = np.zeros((FINE, FINE))
    for octave in range(octaves):
        cells = max(2, FINE // max(1, cell >> octave)) + 1
        grid = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
        total += np.asarray(grid.resize((FINE, FINE), Image.Resampling.BICUBIC)) / 2**octave
    return total / 1.6


def lit(colour: Colours, height: np.ndarray, depth: float) -> Colours:
    """Relief: the colours as lit from the upper left over a surface of the given height."""
    dy, dx = np.gradient(height)
    return (
        colour * (1 + depth * (dx + dy))[..., None] + 60 * depth * np.maximum(dx + dy, 0)[..., None]
    )


def finished(colour: Colours) -> Image.Image:
    image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def strokes(
    rng: np.random.Generator,
    angle: np.ndarray,
    scene: Colours,
    layers: list[tuple[int, int, int]],
    jitter: float,
) -> Image.Image:
    """Oil paint: bristled strokes that follow ``angle`` and take their colour from ``scene``.

    layers: (spacing, length, width) in pixels, coarse to fine.
    """
    canvas = Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8))
    relief = Image.new("L", (FINE, FINE), 128)
    paint, knife = ImageDraw.Draw(canvas), ImageDraw.Draw(relief)
    for spacing, length, width in layers:
        spots = np.mgrid[0:FINE:spacing, 0:FINE:spacing].reshape(2, -1).T.astype(float)
        spots += rng.uniform(-spacing / 2, spacing / 2, spots.shape)
        rng.shuffle(spots)
        for y, x in spots:
            path = []
            for _ in range(length // 6):
                if not (0 <= x < FINE and 0 <= y < FINE):
                    break
                path.append((x, y))
                a = angle[int(y), int(x)]
                x, y = x + 6 * np.cos(a), y + 6 * np.sin(a)
            if len(path) < 3:
                continue
            middle = path[len(path) // 2]
            colour = scene[int(middle[1]), int(middle[0])] + rng.normal(0, jitter, 3)
            colour = colour * rng.normal(1, 0.12)
            paint.line(path, tuple(np.clip(colour, 0, 255).astype(int)), width, "curve")
            knife.line(path, int(rng.integers(100, 160)), width, "curve")
            a = angle[int(middle[1]), int(middle[0])]
            for across in np.linspace(-0.4, 0.4, max(2, width // 5)):  # bristles
                dx, dy = -np.sin(a) * across * width, np.cos(a) * across * width
                hair = [(px + dx, py + dy) for px, py in path]
                tone = np.clip(colour * rng.normal(1, 0.1), 0, 255).astype(int)
                paint.line(hair, tuple(tone), 2)
                knife.line(hair, int(rng.integers(70, 190)), 2)
    height = np.asarray(relief.filter(ImageFilter.GaussianBlur(1.5)), float)
    return finished(lit(np.asarray(canvas, float), height, 0.012))


def starry(rng: np.random.Generator) -> Image.Image:
    """A night sky of whirls and lights over dark hills, in thick curved strokes."""
    y, x = np.mgrid[0:FINE, 0:FINE] / FINE
    vx, vy = np.ones_like(x), 0.25 * np.cos(5 * x) + 0.1 * noise(rng, 300)
    whirls = [(0.40, 0.30, 0.17, 5.0), (0.66, 0.44, 0.12, -4.5), (0.10, 0.52, 0.09, 4.0)]
    lights = [(0.84, 0.15, 0.085), (0.15, 0.14, 0.05), (0.56, 0.11, 0.035), (0.92, 0.44, 0.04)]
    lights += [(0.30, 0.56, 0.03), (0.07, 0.33, 0.028), (0.72, 0.24, 0.026)]
    for cx, cy, radius, strength in whirls + [(cx, cy, 1.3 * r, 6.0) for cx, cy, r in lights]:
        dx, dy = x - cx, y - cy
        pull = strength * np.exp(-((dx**2 + dy**2) / radius**2)) / radius
        vx, vy = vx - dy * pull, vy + dx * pull
    night = palette("0b1d4f", "123a8c", "1f5fb8", "5b9bd5", "a9cfe0")
    bands = 0.35 + 0.30 * y + 0.16 * noise(rng, 220)
    for cx, cy, radius, _ in whirls:
        d = np.hypot(x - cx, y - cy)
        turn = np.arctan2(y - cy, x - cx)
        arms = 0.5 + 0.5 * np.sin(2 * turn + 32 * d / (radius / 0.17))
        bands += 0.45 * (arms - 0.3) * np.exp(-((d / (1.1 * radius)) ** 2))
    scene = ramp(night, np.clip(bands, 0, 1))
    glow = palette("fff6c9", "ffd84a", "f2a71b", "c9a94a", "5b8fb0")
    for cx, cy, radius in lights:
        d = np.hypot(x - cx, y - cy) / radius
        rings = d / 2.2 + 0.05 * np.sin(14 * d)
        alpha = np.clip(1.9 - 0.85 * d, 0, 1)[..., None]
        scene = scene * (1 - alpha) + ramp(glow, np.clip(rings, 0, 1)) * alpha
    hills = palette("0a1428", "12305a", "1d4d5e", "3c7a5f")
    for base, swing, shade in ((0.70, 0.06, 0.55), (0.80, 0.05, 0.35), (0.90, 0.05, 0.15)):
        ridge = base + swing * np.sin(7 * x + 9 * base) + 0.02 * np.sin(23 * x)
        below = (y > ridge)[..., None]
        depth = np.clip(shade + 0.25 * noise(rng, 90) + 1.2 * (ridge - y) + 0.2, 0, 1)
        scene = np.where(below, ramp(hills, depth), scene)
        slope = swing * 7 * np.cos(7 * x + 9 * base)
        vx = np.where(below[..., 0], 1.0, vx)
        vy = np.where(below[..., 0], slope + 0.3 * np.sin(40 * y), vy)
    layers = [(26, 110, 26), (17, 84, 15), (13, 60, 10)]
    return strokes(rng, np.arctan2(vy, vx), scene, layers, 12)


def glass(rng: np.random.Generator) -> Image.Image:
    """A rose window: leaded panes in rings of jewel colours around a bright middle."""
    centres, hues = [(0.5, 0.5)], [0]
    for ring, count in enumerate((8, 16, 16, 32, 32, 40, 48, 56, 64), 1):
        for i in range(count):
            a = 2 * np.pi * (i + 0.5 * (ring % 2)) / count
            r = 0.086 * ring + 0.012 * rng.normal()
            centres.append((0.5 + r * np.cos(a), 0.5 + r * np.sin(a)))
            hues.append(ring * 3 + (i % (2 + ring % 3)))
    points = np.array(centres)
    points[1:] += rng.normal(0, 0.006, points[1:].shape)
    y, x = np.mgrid[0:FINE, 0:FINE] / FINE
    x = x + 0.004 * noise(rng, 120)
    y = y + 0.004 * noise(rng, 120)
    first = np.full(x.shape, 9.0)
    second = np.full(x.shape, 9.0)
    pane = np.zeros(x.shape, int)
    for i, (px, py) in enumerate(points):
        d = np.hypot(x - px, y - py)
        pane = np.where(d < first, i, pane)
        second = np.minimum(second, np.maximum(d, first))
        first = np.minimum(first, d)
    jewels = palette(
        *("ffd23f", "c1121f", "0b3c9c", "118a5b", "f77f00", "7b2cbf", "00a6c8", "f4e3b2"),
        *("d00056", "2541b2", "8ac926", "ff595e"),
    )
    shade = rng.normal(1, 0.12, len(points))
    colour = jewels[np.array(hues) % len(jewels)][pane] * shade[pane][..., None]
    edge = second - first
    light = 0.72 + 0.5 * np.exp(-((np.hypot(x - 0.5, y - 0.5) / 0.45) ** 2))
    light = light * (0.85 + 0.35 * np.clip(edge / 0.06, 0, 1)) * (1 + 0.09 * noise(rng, 26))
    colour = lit(colour * light[..., None], 40 * noise(rng, 60, 4), 0.01)
    lead = np.clip((edge - 0.0075) / 0.003, 0, 1)[..., None]
    bar = lit(np.full((FINE, FINE, 3), 26.0), 2500 * np.minimum(edge, 0.012), 0.05)
    return finished(colour * lead + bar * (1 - lead))


def waves(rng: np.random.Generator) -> Image.Image:
    """A sea of curling waves in indigo on warm paper, printed in flat tones with dark outlines."""
    y, x = np.mgrid[0:FINE, 0:FINE] / FINE
    paper = palette("f3e6cb", "efd9b0", "e9b98a")
    scene = ramp(paper, np.clip(1.2 * y + 0.05 * noise(rng, 200), 0, 1))
    sun = np.hypot(x - 0.68, y - 0.22)
    scene = np.where(
        (sun < 0.115)[..., None], palette("c8402f")[0] + 8 * noise(rng, 40)[..., None], scene
    )
    sea = palette("cfe3e2", "8fbcc8", "3f7fa6", "1c4f86", "12315f", "0c1f42")
    ink, foam = palette("0b1730")[0], palette("fbf6e9")[0]
    for row in range(9):
        base = 0.34 + 0.085 * row
        period = 0.30 + 0.02 * row
        u = (x + 0.137 * row * (1 + row % 2) + 0.012 * noise(rng, 260)) / period
        phase = u - np.floor(u)
        # a crest that rises slowly and breaks off steeply, leaning over to the right
        crest = np.where(phase < 0.72, np.sin(np.pi / 2 * phase / 0.72) ** 2.2, 0)
        fall = np.clip((phase - 0.72) / 0.28, 0, 1)
        crest = np.where(phase < 0.72, crest, (1 - fall) ** 2.6)
        top = base - (0.085 + 0.008 * row) * crest
        depth = y - top
        inside = (depth > 0)[..., None]
        stripes = (depth * (26 - row) + 0.35 * np.sin(2 * np.pi * phase)) % 1
        tone = 0.18 + 0.06 * row + 0.42 * (stripes > 0.45) * np.exp(-6 * depth)
        tone += np.clip(depth * 2.2, 0, 0.3)
        scene = np.where(inside, ramp(sea, np.clip(tone, 0, 1)), scene)
        line = np.abs((depth * (26 - row) + 0.35 * np.sin(2 * np.pi * phase)) % 1 - 0.45) < 0.05
        scene = np.where((line & (depth > 0.012) & (depth < 0.12))[..., None], ink, scene)
        fringe = 0.012 + 0.016 * crest * (0.6 + 0.4 * np.sin(2 * np.pi * u * 9) ** 2)
        scene = np.where(inside & (depth < fringe)[..., None], foam, scene)
        rim = (np.abs(depth) < 0.0028) | (np.abs(depth - fringe) < 0.0016)
        scene = np.where(rim[..., None], ink, scene)
        sheet = Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(sheet)
        for k in range(int(np.floor(u.min())), int(np.ceil(u.max())) + 1):  # spray off each crest
            column = int(np.abs(u[int(FINE * base) % FINE] - (k + 0.74)).argmin())
            for _ in range(26):
                px = column + rng.normal(22, 26)
                py = FINE * (base - 0.088 - 0.008 * row) + rng.normal(4, 17)
                r = rng.uniform(1.5, 6)
                box = (px - r, py - r, px + r, py + r)
                draw.ellipse(box, tuple(foam.astype(int)), tuple(ink.astype(int)), 1)
        scene = np.asarray(sheet, float)
    grain = 7 * noise(rng, 8, 2) + 5 * noise(rng, 400, 1)
    return finished(scene + grain[..., None])


def circles(rng: np.random.Generator) -> Image.Image:
    """Rings within rings on a grid of coloured squares, each painted freely with a wide brush."""
    tones = palette(
        *("e63946", "f4a261", "ffd166", "2a9d8f", "1d3557", "457b9d", "8e44ad", "f6ead2"),
        *("0b6e4f", "d62874", "20202a", "6ec6d9", "ff7b00"),
    )
    y, x = np.mgrid[0:FINE, 0:FINE] / FINE
    columns = 4
    wobble_x, wobble_y = 0.010 * noise(rng, 120), 0.010 * noise(rng, 120)
    x, y = x + wobble_x, y + wobble_y
    scene = np.zeros((FINE, FINE, 3))
    angle = np.zeros((FINE, FINE))
    for row in range(columns):
        for column in range(columns):
            cell = (
                (x >= column / columns if column else True)
                & (x < (column + 1) / columns if column < columns - 1 else True)
                & (y >= row / columns if row else True)
                & (y < (row + 1) / columns if row < columns - 1 else True)
            )
            order = rng.permutation(len(tones))
            cx = (column + 0.5) / columns + rng.normal(0, 0.008)
            cy = (row + 0.5) / columns + rng.normal(0, 0.008)
            dx, dy = x - cx, y - cy
            d = np.hypot(dx, dy) * columns * (1 + 0.08 * np.sin(3 * np.arctan2(dy, dx) + row))
            radii = np.sort(rng.uniform(0.07, 0.47, rng.integers(4, 7)))[::-1]
            colour = np.broadcast_to(tones[order[0]], scene.shape)
            for i, radius in enumerate(radii, 1):
                colour = np.where((d < radius)[..., None], tones[order[i]], colour)
            mask = cell & np.ones_like(x, bool)
            scene[mask] = colour[mask]
            round_about = np.where(d < radii[0], np.arctan2(dx, -dy), rng.choice([0.2, 1.4]))
            angle[mask] = round_about[mask]
    scene = scene * (1 + 0.10 * noise(rng, 90))[..., None]
    return strokes(rng, angle, scene, [(22, 70, 18), (12, 48, 9)], 9)


def autumn(rng: np.random.Generator) -> Image.Image:
    """An avenue of glowing trees on a wet evening, laid on with a palette knife."""
    y, x = np.mgrid[0:FINE, 0:FINE] / FINE
    ground = 0.62 + 0.02 * noise(rng, 200)
    sky = ramp(
        palette("0d2340", "1f4e79", "4a90a4", "f2c14e"),
        np.clip(1.2 * y + 0.15 * noise(rng, 160), 0, 1),
    )
    leaves = palette("5b0f1a", "a4161a", "d1495b", "ee7b30", "f9a620", "ffe066")
    crown = 0.42 - 0.30 * np.abs(x - 0.5) ** 0.6 + 0.10 * noise(rng, 140)
    warmth = np.clip(0.5 + 0.55 * noise(rng, 70) + 0.25 * (0.5 - y), 0, 1)
    scene = np.where((y < ground)[..., None], sky, 0)
    foliage = (np.abs(x - 0.5) > crown * (0.2 + 0.9 * y)) & (y < ground)
    scene = np.where(foliage[..., None], ramp(leaves, warmth), scene)
    angle = np.where(foliage, 1.1 + 1.2 * noise(rng, 90), 0.25 * noise(rng, 200))
    bark = palette("120c14", "3a2230")
    for trunk in np.concatenate([rng.uniform(0.03, 0.34, 6), rng.uniform(0.66, 0.97, 6)]):
        width = 0.004 + 0.016 * np.abs(trunk - 0.5)
        bent = trunk + 0.010 * np.sin(9 * y + 20 * trunk)
        stem = (np.abs(x - bent) < width) & (y > 0.12) & (y < ground + 0.02)
        scene = np.where(stem[..., None], ramp(bark, np.clip((x - bent) / width, 0, 1)), scene)
        angle = np.where(stem, np.pi / 2, angle)
    for lamp in (0.30, 0.42, 0.58, 0.72):
        d = np.hypot(x - lamp, 1.3 * (y - 0.34 - 0.3 * np.abs(lamp - 0.5)))
        glow = np.clip(1.25 - d / 0.035, 0, 1)[..., None]
        scene = scene * (1 - glow) + palette("fff3b0")[0] * glow
    # the street mirrors what stands above it, drawn out downwards
    mirror = np.clip((2 * ground - y) * FINE, 0, FINE - 1).astype(int)
    ripple = (np.arange(FINE)[None] + 14 * noise(rng, 30)).astype(int).clip(0, FINE - 1)
    wet = 0.85 * scene[mirror, ripple] + 0.15 * palette("20324f")[0]
    street = y >= ground
    scene = np.where(street[..., None], wet, scene)
    angle = np.where(street, np.pi / 2 + 0.25 * noise(rng, 60), angle)
    return strokes(rng, angle, scene, [(24, 54, 24), (15, 42, 14), (11, 30, 9)], 16)


PAINTINGS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "starry": starry,
    "glass": glass,
    "waves": waves,
    "circles": circles,
    "autumn": autumn,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("assets/style"))
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, draw in PAINTINGS.items():
        picture = draw(np.random.default_rng((args.seed, len(name))))
        picture.save(args.out / f"{name}.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
