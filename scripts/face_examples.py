"""Renders the example pictures in assets/face: three invented people, two portraits each, and a
picture of all three.

    python scripts/face_examples.py [FOLDER]

A head is a height field of smooth bumps (skull, brow, nose, lips, chin) with a painted skin,
turned, lit and projected by numpy alone. Nobody is portrayed and no picture was used, so the
portraits are free of anybody's rights. Each person has a fixed build; the two pictures differ in
pose, light, expression and background.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 360, 420
GRID = 1100  # samples a side of each surface
ZOOM = 118.0  # pixels per unit; a face is about two units wide

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Person:
    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    seed: int
    jaw: float = 1.0  # width of the lower face
    length: float = 1.0  # of the lower face
    eyes_apart: float = 0.42
    eye_size: float = 1.0
    eye_tilt: float = 0.0
    brow_thick: float = 1.0
    brow_height: float = 0.0
    nose_length: float = 0.0
    nose_width: float = 1.0
    nose_height: float = 1.0
    mouth_width: float = 0.33
    lip_full: float = 1.0
    hairline: float = -0.85
    long_hair: bool = False
    beard: float = 0.0
    freckles: float = 0.0
    age: float = 0.6  # depth of the lines in the face


@dataclass(frozen=True)
class Shot:
    yaw: float  # degrees, positive turns the face to the viewer's right
    pitch: float
    roll: float
    light: tuple[float, float, float]
    warmth: float
    smile: float
    backdrop: tuple[Colour, Colour]
    shirt: Colour
    exposure: float = 1.0


def bump(x, y, cx, cy, sx, sy):
    return np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2)


def step(value, low, high):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(shape, rng, cells):
    """Smooth noise of mean 0 and deviation 1 with about ``cells`` (rows, columns) of detail."""
    small = rng.standard_normal((cells[0] + 3, cells[1] + 3)).astype(np.float32)
    image = Image.fromarray(small).resize(shape[::-1], Image.Resampling.BICUBIC)
    values = np.asarray(image)
    return (values - values.mean()) / values.std()


def half_width(y, person):
    top = np.sqrt(np.clip(1 - (np.minimum(y, 0) / 1.5) ** 2, 0, 1))
    chin = 1.38 * person.length
    low = np.clip(1 - (np.maximum(y, 0) / chin) ** 2.5, 0, 1) ** 0.52
    taper = 1 - (1 - person.jaw) * step(y, 0.1, 0.9)
    return np.where(y < 0, top, low * taper)


def face_surface(person: Person, shot: Shot):
    """x, y, z, colour (.., 3), gloss and mask of the face."""
    rng = np.random.default_rng(person.seed)
    y, x = np.meshgrid(np.linspace(-1.5, 1.45, GRID), np.linspace(-1.05, 1.05, GRID), indexing="ij")
    width = np.maximum(half_width(y, person), 1e-3)
    inside = np.abs(x) < width
    across = np.clip(1 - (x / width) ** 2, 0, 1)
    along = np.clip(1 - np.abs(y / 1.5) ** 3.2, 0, 1)
    z = 0.95 * across**0.42 * along**0.5
    side = np.abs(x)
    ex, ey = person.eyes_apart, -0.05
    tip = 0.42 + person.nose_length
    ridge = step(y, -0.2, tip - 0.02) ** 1.3 * (1 - step(y, tip, tip + 0.19))
    nose_sigma = (0.10 + 0.06 * step(y, 0.0, tip)) * person.nose_width
    z = z + 0.34 * person.nose_height * ridge * np.exp(-((x / nose_sigma) ** 2))
    z += 0.15 * bump(side, y, 0.15 * person.nose_width, tip + 0.05, 0.075, 0.08)
    z += 0.05 * bump(x, y, 0, tip, 0.1 * person.nose_width, 0.1)
    z -= 0.15 * bump(side, y, ex - 0.04, ey, 0.25, 0.16)
    z += 0.075 * bump(side, y, ex, ey + 0.01, 0.16, 0.11)
    z += 0.07 * bump(side, y, ex - 0.03, ey - 0.25, 0.32, 0.11)
    z += 0.06 * bump(side, y, 0.62, 0.28, 0.24, 0.22)
    smile = shot.smile
    my = 0.86 * person.length
    mw = person.mouth_width * (1 + 0.13 * smile)
    curve = my - 0.10 * smile * np.minimum((x / mw) ** 2, 1.5) + 0.03 * smile
    full = person.lip_full
    oval = 1 - (x / mw) ** 2
    mouth = np.clip(oval, 0, 1)
    upper = 0.075 * full * mouth**0.7 * (1 - 0.22 * np.exp(-((x / 0.06) ** 2)))
    lower = 0.095 * full * mouth**0.6
    gap = 0.012 + 0.045 * smile * mouth
    z += 0.07 * np.exp(-(((y - curve) / 0.15) ** 2)) * step(oval, -2.0, 0.8)
    z -= 0.05 * np.exp(-(((y - curve) / 0.018) ** 2)) * mouth
    z -= 0.05 * bump(x, y, 0, my + 0.17, 0.3, 0.06)
    z += 0.10 * bump(x, y, 0, 1.2 * person.length, 0.26, 0.15)
    crease_x = 0.25 + 0.30 * step(y, tip, my + 0.05) + 0.05 * smile
    fold = np.exp(-(((side - crease_x) / 0.05) ** 2)) * step(y, tip - 0.05, tip + 0.15)
    fold = fold * (1 - step(y, my - 0.2, my + 0.02)) * person.age
    z -= (0.006 + 0.022 * smile) * fold
    z += 0.05 * smile * bump(side, y, 0.55, 0.38, 0.2, 0.18)

    for row in (-0.52, -0.62, -0.72):
        wave = row + 0.02 * np.cos(x * 5 + row * 30)
        z -= (
            0.010
            * person.age**2
            * np.exp(-(((y - wave) / 0.018) ** 2))
            * bump(x, y, 0, row, 0.45, 1)
        )
    z -= 0.02 * person.age**2 * bump(side, y, ex - 0.02, ey + 0.2, 0.16, 0.05)

    skin = np.ones((*x.shape, 3)) * person.skin
    red = np.array([1.0, 0.80, 0.78])
    flush = 0.75 * bump(side, y, 0.6, 0.35, 0.26, 0.2) + 0.6 * bump(x, y, 0, tip, 0.16, 0.13)
    flush += 0.35 * bump(side, y, 0, my, 0.5, 0.2)
    skin *= 1 - (1 - red) * np.clip(flush, 0, 1)[..., None] * 0.8
    skin *= 1 + 0.018 * noise(x.shape, rng, (25, 20))[..., None]
    skin *= 1 + 0.022 * noise(x.shape, rng, (220, 160))[..., None]
    if person.freckles:
        spots = step(noise(x.shape, rng, (120, 90)), 1.5, 2.0)
        where = bump(side, y, 0.4, 0.28, 0.4, 0.2)
        skin *= 1 - person.freckles * (spots * where)[..., None] * [0.2, 0.35, 0.4]

    def paint(colour, amount):
        nonlocal skin
        amount = np.clip(amount, 0, 1)[..., None]
        skin = skin * (1 - amount) + np.asarray(colour) * amount

    # Shade that the height field alone does not give.
    shade = 0.34 * bump(side, y, ex - 0.15, ey - 0.03, 0.12, 0.14)
    shade += 0.30 * bump(side, y, ex, ey - 0.12, 0.22, 0.05)
    shade += 0.22 * bump(side, y, ex - 0.03, ey + 0.14, 0.2, 0.05)
    shade += 0.25 * bump(x, y, 0, tip + 0.18, 0.2 * person.nose_width, 0.05)
    shade += 0.30 * bump(x, y, 0, my + 0.16 * full, 0.2, 0.035)
    shade += 0.16 * fold * (0.5 + 0.8 * smile)
    shade += (
        0.16
        * np.exp(-(((side - 0.1 * person.nose_width) / 0.05) ** 2))
        * step(y, -0.15, 0.1)
        * (1 - step(y, tip - 0.1, tip))
    )
    shade += 0.35 * bump(side, y, 0.225 * person.nose_width, tip + 0.07, 0.025, 0.075)
    skin *= 1 - np.clip(shade, 0, 0.8)[..., None] * [0.75, 0.95, 1.0]
    nostril = bump(side, y, 0.09 * person.nose_width, tip + 0.125, 0.05, 0.022)
    paint(np.array(person.skin) * [0.22, 0.13, 0.12], 0.95 * nostril)

    # Lips; between them darkness or, in a smile, teeth.
    from_line = y - curve
    on_lip = step(from_line + upper, 0, 0.02) * (1 - step(from_line - lower - gap, -0.02, 0.0))
    on_lip = on_lip * step(mouth, 0.0, 0.1)
    wrinkles = 1 + 0.05 * noise(x.shape, rng, (8, 130))
    paint(np.array(person.lips) * np.ones_like(skin) * wrinkles[..., None], 0.85 * on_lip)
    paint(np.array(person.lips) * 0.72, 0.5 * on_lip * (from_line < 0))
    open_mouth = step(mouth, 0.12, 0.35) * (
        1 - step(np.abs(from_line - gap / 2), gap / 2, gap / 2 + 0.014)
    )
    tooth = 0.86 - 0.1 * np.abs(np.sin(x * 32)) ** 12
    if smile > 0.4:
        paint(tooth[..., None] * np.array([0.93, 0.9, 0.84]), open_mouth)
    else:
        paint((0.2, 0.07, 0.07), 0.85 * open_mouth)
    paint((0.25, 0.1, 0.09), 0.6 * bump(side, y, mw, my - 0.07 * smile, 0.03, 0.025))

    # Eyes.
    gloss = 0.20 + 0.35 * on_lip
    size = person.eye_size
    dx = side - ex
    dy = y - ey + person.eye_tilt * dx
    hw, hh = 0.195 * size, 0.088 * size * (1 - 0.2 * smile)
    arch = np.clip(1 - (dx / hw) ** 2, 0, 1)
    lid_top, lid_low = -hh * 1.05 * arch**0.65, hh * 0.8 * arch**0.8
    opening = step(dy - lid_top, 0, 0.012) * (1 - step(dy - lid_low, -0.012, 0)) * (arch > 0)
    r = np.hypot(x - np.sign(x) * ex, dy + 0.008)
    white = 0.84 - 0.30 * step(-(dy - lid_top), -0.06, 0.0) - 0.22 * step(np.abs(dx), 0.09, hw)
    paint(white[..., None] * np.array([1.0, 0.965, 0.95]), opening)
    radius = 0.083 * (0.5 + 0.5 * size)
    angle = np.arctan2(dy, x - np.sign(x) * ex)
    streak = 0.8 + 0.25 * np.sin(angle * 23 + 3 * np.sin(angle * 7)) * step(r, 0.03, 0.07)
    iris = np.array(person.iris) * (streak * (1.15 - 0.5 * step(dy, 0.05, -0.07)))[..., None]
    paint(iris, opening * (1 - step(r, radius - 0.012, radius)))
    paint((0.06, 0.05, 0.05), 0.7 * opening * np.exp(-(((r - radius) / 0.011) ** 2)))
    paint((0.02, 0.02, 0.02), opening * (1 - step(r, 0.032, 0.042)))
    lash = np.exp(-(((dy - lid_top + 0.004) / (0.015 + 0.012 * step(dx, -0.1, 0.15))) ** 2))
    paint((0.06, 0.045, 0.04), 0.92 * lash * step(arch, 0.0, 0.12))
    low_lash = np.exp(-(((dy - lid_low - 0.004) / 0.009) ** 2)) * step(arch, 0.0, 0.15)
    paint(np.array(person.skin) * 0.42, 0.55 * low_lash)
    fold_y = lid_top - 0.05
    paint(
        np.array(person.skin) * 0.45,
        0.5 * np.exp(-(((dy - fold_y) / 0.012) ** 2)) * step(arch, 0.0, 0.3),
    )
    paint((0.75, 0.42, 0.38), 0.7 * bump(side, dy, ex - hw * 0.97, 0.012, 0.022, 0.018))
    glint = bump(
        x - np.sign(x) * ex, dy, 0.028 * np.sign(shot.light[0] + 1e-9), -0.03, 0.016, 0.016
    )
    paint((1, 1, 1), 0.95 * glint * opening)

    # Eyebrows: short strokes over a soft band.
    bx = (side - (ex - 0.23)) / 0.5
    by = ey - 0.265 - person.brow_height - 0.07 * np.sin(np.clip(bx, 0, 1) * 2.3) - 0.02 * smile
    thick = 0.05 * person.brow_thick * (1.05 - 0.75 * step(bx, 0.35, 1.0))
    band = (
        np.exp(-(np.abs((y - by) / thick) ** 3))
        * step(bx, -0.06, 0.12)
        * (1 - step(bx, 0.85, 1.02))
    )
    strokes = 0.78 + 0.22 * noise(x.shape, rng, (60, 240))
    paint(np.array(person.hair) * 0.6, 0.88 * band * strokes)

    if person.beard:
        cover = step(y, 0.45, 0.85) * step(width - side, -0.05, 0.1)
        cover = np.maximum(cover * (1 - bump(side, y, 0.42, 0.45, 0.28, 0.3)), 0)
        moustache = bump(x, y, 0, (tip + 0.13 + my - 0.07) / 2, 0.36, 0.07)
        cover = np.maximum(cover * (1 - on_lip), moustache)
        cover = cover * (1 - 0.9 * on_lip)
        dots = 0.7 + 0.3 * noise(x.shape, rng, (330, 260))
        paint(np.array(person.hair) * 0.65, person.beard * cover * dots)

    # The hairline is soft; the hair itself is another surface.
    line = person.hairline + 0.30 * np.abs(x) ** 3 - 0.05 * np.cos(x * 3)
    scalp = 1 - step(y - line + 0.05 * noise(x.shape, rng, (3, 120)), -0.06, 0.09)
    paint(np.array(person.hair) * 0.5, scalp)
    return x, y, z, skin, gloss * (1 - scalp) * (1 - 0.8 * band), inside & (z > 0.02)


def hair_surface(person: Person):
    rng = np.random.default_rng(person.seed + 1)
    bottom = 1.75 if person.long_hair else 0.35
    y, x = np.meshgrid(
        np.linspace(-1.72, bottom, GRID), np.linspace(-1.3, 1.3, GRID), indexing="ij"
    )
    up = np.clip(1 - (np.abs(np.minimum(y, 0)) / 1.7) ** 2.5, 0, 1) ** 0.45
    width = 1.14 * up + (0.1 * step(y, 0, 1.2) if person.long_hair else -0.1 * step(y, 0, 0.35))
    across = np.clip(1 - (x / np.maximum(width, 1e-3)) ** 2, 0, 1)
    z = 1.02 * across**0.5 * np.clip(1 - np.abs(np.minimum(y, 0) / 1.72) ** 3, 0, 1) ** 0.5 - 0.02
    line = person.hairline + 0.12 + 0.30 * np.abs(x) ** 3 - 0.05 * np.cos(x * 3)
    line = line + 0.05 * noise(x.shape, rng, (3, 110))
    side_line = 0.93 - 0.05 * step(y, 0.0, 0.5) + 0.02 * noise(x.shape, rng, (40, 3))
    side_line = np.where(y < 0, np.minimum(side_line, 0.95 * half_width(y, person)), side_line)
    front = (y < line) | (np.abs(x) > side_line)
    # Hair hangs beside the face, not before it.
    hang = step(np.abs(x), 0.78, 1.0)
    z = z * (1 - hang) + hang * np.minimum(z, 0.35 if person.long_hair else 0.25)
    angle = np.arctan2(x, y + 2.4)
    columns = np.clip((angle + 1.2) / 2.4, 0, 1) * (GRID - 1)
    strand = noise((64, GRID), rng, (5, 260)) + 0.8 * noise((64, GRID), rng, (3, 70))
    rows = np.clip((y + 1.72) / (bottom + 1.72) * 63, 0, 63).astype(int)
    texture = strand[rows, columns.astype(int)]
    z = z + 0.012 * texture
    colour = np.array(person.hair) * np.clip(0.82 + 0.2 * texture, 0.3, 1.6)[..., None]
    inside = (np.abs(x) < width + 0.015 * texture) & front
    return x, y, z, colour, np.full(x.shape, 0.35), inside


def back_surface(person: Person):
    """Hair behind the head: what shows between the head and the hair in front of it."""
    rng = np.random.default_rng(person.seed + 2)
    bottom = 1.7 if person.long_hair else 0.4
    y, x = np.meshgrid(
        np.linspace(-1.66, bottom, GRID), np.linspace(-1.2, 1.2, GRID), indexing="ij"
    )
    up = np.clip(1 - (np.abs(np.minimum(y, 0)) / 1.66) ** 2.5, 0, 1) ** 0.45
    z = -0.75 + 0.1 * np.clip(1 - x**2, 0, 1)
    strand = noise(x.shape, rng, (3, 90))
    colour = np.array(person.hair) * np.clip(0.5 + 0.1 * strand, 0.2, 0.8)[..., None]
    edge = 1.08 * up + 0.05 * step(y, 0, 1.5)
    return x, y, z, colour, np.full(x.shape, 0.1), np.abs(x) < edge


def neck_surface(person: Person, shot: Shot):
    y, x = np.meshgrid(np.linspace(0.9, 2.2, GRID), np.linspace(-2.2, 2.2, GRID), indexing="ij")
    neck = 0.58 * person.jaw + 0.02
    slope = step(y, 1.45, 2.0)
    width = neck + 1.45 * slope**1.3
    z = 0.55 * np.clip(1 - (x / width) ** 2, 0, 1) ** 0.5 - 0.55 + 0.1 * slope
    collar = y > 1.62 + 0.25 * np.exp(-((x / 0.45) ** 2))
    shadow = 1 - 0.55 * (1 - step(y, 1.2, 1.75))
    colour = np.where(
        collar[..., None], np.array(shot.shirt), np.array(person.skin) * shadow[..., None]
    )
    return x, y, z, colour, np.where(collar, 0.0, 0.1), np.abs(x) < width


def ear_surface(person: Person, sign: int):
    v, u = np.meshgrid(np.linspace(-1, 1, GRID // 3), np.linspace(-1, 1, GRID // 3), indexing="ij")
    x = sign * (0.99 + 0.13 * u)
    y = 0.1 + 0.30 * v
    z = 0.08 + 0.06 * np.hypot(u, v) ** 2
    colour = np.ones((*u.shape, 3)) * np.array(person.skin) * [0.98, 0.84, 0.82]
    colour *= (0.62 + 0.38 * step(np.hypot(u * 1.3, v), 0.3, 0.8))[..., None]
    return x, y, z, colour, np.full(u.shape, 0.1), np.hypot(u, v) < 1


def rotation(shot: Shot) -> np.ndarray:
    a, b, c = np.radians([shot.yaw, shot.pitch, shot.roll])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    lean = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return lean @ nod @ turn


def render(person: Person, shot: Shot, seed: int) -> Image.Image:
    scale = 2
    w, h = WIDTH * scale, HEIGHT * scale
    rng = np.random.default_rng(seed)
    top, bottom = (np.array(colour) for colour in shot.backdrop)
    ramp = np.linspace(0, 1, h)[:, None, None]
    frame = top * (1 - ramp) + bottom * ramp + np.zeros((h, w, 1))
    frame *= 1 + 0.05 * noise((h, w), rng, (4, 4))[..., None]
    depth = np.full((h, w), -np.inf)
    light = np.array(shot.light) / np.linalg.norm(shot.light)
    fill = np.array([-light[0], 0.0, 0.8])
    fill /= np.linalg.norm(fill)
    half = light + np.array([0.0, 0.0, 1.0])
    half /= np.linalg.norm(half)
    turn = rotation(shot)
    tint = np.array([1 + 0.10 * shot.warmth, 1.0, 1 - 0.12 * shot.warmth])
    still = np.eye(3)
    layers = [
        (back_surface(person), turn),
        (neck_surface(person, shot), still),
        (ear_surface(person, -1), turn),
        (ear_surface(person, 1), turn),
        (face_surface(person, shot), turn),
        (hair_surface(person), turn),
    ]
    for (x, y, z, colour, gloss, mask), matrix in layers:
        points = np.stack([x, y, z - 0.1], -1) @ matrix.T
        normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12
        normal *= np.sign((normal @ matrix)[..., 2:] + 1e-12)  # outwards
        key = np.clip((normal @ light + 0.25) / 1.25, 0, 1) ** 1.1
        soft = np.clip((normal @ fill + 0.5) / 1.5, 0, 1)
        shine = np.clip(normal @ half, 0, 1) ** 24
        edge = 0.55 + 0.45 * np.clip(normal[..., 2] * 1.6, 0, 1)
        strength = (0.20 + 0.30 * soft)[..., None] + 0.72 * key[..., None] * tint
        lit = colour * strength * edge[..., None] + (0.42 * gloss * shine)[..., None]
        perspective = 7.0 / (7.0 - points[..., 2])
        px = np.round(w / 2 + points[..., 0] * perspective * ZOOM * scale).astype(int)
        py = np.round(h * 0.47 + points[..., 1] * perspective * ZOOM * scale).astype(int)
        seen = mask & (px >= 0) & (px < w) & (py >= 0) & (py < h) & (normal[..., 2] > -0.05)
        px, py, pz, lit = px[seen], py[seen], points[..., 2][seen], lit[seen]
        order = np.argsort(pz)  # the nearest is written last
        px, py, pz, lit = px[order], py[order], pz[order], lit[order]
        nearer = pz > depth[py, px]
        frame[py[nearer], px[nearer]] = lit[nearer]
        depth[py[nearer], px[nearer]] = pz[nearer]
    frame = np.clip(frame * shot.exposure, 0, 1) ** (1 / 1.15)
    image = Image.fromarray((frame * 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(1.1)).resize(
        (WIDTH, HEIGHT), Image.Resampling.LANCZOS
    )
    grain = rng.normal(0, 2.0, (HEIGHT, WIDTH, 1)) + rng.normal(0, 1.0, (HEIGHT, WIDTH, 3))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


PEOPLE = {
    "anna": Person(
        skin=(0.93, 0.73, 0.62), hair=(0.42, 0.25, 0.13), iris=(0.30, 0.47, 0.55),
        lips=(0.74, 0.36, 0.36), seed=11, jaw=0.86, length=0.95, eye_size=1.13, eye_tilt=0.10,
        brow_thick=0.6, brow_height=0.05, nose_length=-0.06, nose_width=0.78, nose_height=0.85,
        mouth_width=0.29, lip_full=1.35, hairline=-0.92, long_hair=True, freckles=0.5, age=0.15,
    ),
    "bruno": Person(
        skin=(0.84, 0.62, 0.50), hair=(0.42, 0.40, 0.38), iris=(0.30, 0.36, 0.38),
        lips=(0.62, 0.34, 0.31), seed=23, jaw=1.04, length=1.08, eyes_apart=0.39, eye_size=0.80,
        eye_tilt=-0.08, brow_thick=1.6, brow_height=-0.05, nose_length=0.09, nose_width=1.15,
        nose_height=1.3, mouth_width=0.35, lip_full=0.6, hairline=-1.18, beard=0.75, age=1.3,
    ),
    "clara": Person(
        skin=(0.42, 0.26, 0.19), hair=(0.09, 0.07, 0.06), iris=(0.17, 0.09, 0.05),
        lips=(0.48, 0.22, 0.22), seed=37, jaw=0.93, length=0.98, eyes_apart=0.45, eye_size=1.05,
        eye_tilt=0.05, brow_thick=0.95, nose_length=0.0, nose_width=1.45, nose_height=0.75,
        mouth_width=0.38, lip_full=1.8, hairline=-1.0, age=0.3,
    ),
}  # fmt: skip

GREY = ((0.62, 0.65, 0.68), (0.42, 0.45, 0.48))
GREEN = ((0.45, 0.55, 0.45), (0.25, 0.33, 0.27))
SAND = ((0.80, 0.74, 0.66), (0.58, 0.52, 0.45))
SHOTS = {
    "anna_1": Shot(6, 2, 2, (-0.4, -0.5, 1.0), 0.2, 0.1, GREY, (0.20, 0.28, 0.42)),
    "anna_2": Shot(-12, -3, -5, (0.6, -0.35, 0.9), 0.7, 0.9, SAND, (0.55, 0.20, 0.22), 1.03),
    "bruno_1": Shot(-5, 0, 0, (0.4, -0.6, 1.0), 0.0, 0.0, SAND, (0.22, 0.24, 0.26)),
    "bruno_2": Shot(13, 3, 4, (-0.6, -0.4, 0.8), 0.6, 0.7, GREEN, (0.75, 0.74, 0.70), 1.05),
    "clara_1": Shot(-7, 0, -2, (-0.3, -0.6, 1.0), 0.2, 0.3, GREEN, (0.80, 0.62, 0.25), 1.15),
    "clara_2": Shot(10, -2, 3, (0.5, -0.5, 0.9), 0.5, 0.9, GREY, (0.30, 0.42, 0.36), 1.15),
}


def main() -> None:
    default = Path(__file__).resolve().parents[1] / "assets" / "face"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for index, (name, shot) in enumerate(SHOTS.items()):
        render(PEOPLE[name.split("_")[0]], shot, seed=index).save(
            folder / f"{name}.jpg", quality=92, optimize=True
        )
    group = Image.new("RGB", (3 * WIDTH, HEIGHT))
    for place, name in enumerate(PEOPLE):
        group.paste(Image.open(folder / f"{name}_2.jpg"), (place * WIDTH, 0))
    group.save(folder / "group.jpg", quality=88, optimize=True)


if __name__ == "__main__":
    main()
