"""Writes the example photo: three balls on a table, rendered with nothing but NumPy.

python tools/still_life.py src/triptych_sketch/still_life.jpg
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 900, 640
BALLS = (  # centre (x right, y up, z away), radius, colour
    ((-1.15, 0.95, 0.3), 0.95, (0.80, 0.22, 0.14)),
    ((0.75, 0.70, -0.45), 0.70, (0.93, 0.66, 0.16)),
    ((0.95, 1.15, 1.60), 1.15, (0.30, 0.48, 0.30)),
)
LIGHT = np.array([-0.55, 0.75, -0.45]) / np.linalg.norm([-0.55, 0.75, -0.45])
EYE = np.array([0.0, 1.9, -6.5])


def hit(origin: np.ndarray, way: np.ndarray, ball: tuple) -> np.ndarray:
    """Distance along each ray to a ball; infinite where it is missed."""
    centre, radius, _ = ball
    to = origin - np.array(centre)
    b = (to * way).sum(-1)
    root = b * b - (to * to).sum(-1) + radius**2
    near = -b - np.sqrt(np.maximum(root, 0))
    return np.where((root > 0) & (near > 1e-3), near, np.inf)


def lit(at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Share of a wide lamp that each point sees: soft shadows."""
    seen = np.zeros(at.shape[:-1])
    for _ in range(24):
        towards = LIGHT + rng.normal(0, 0.10, 3)
        towards /= np.linalg.norm(towards)
        blocked = np.any([np.isfinite(hit(at, towards, ball)) for ball in BALLS], axis=0)
        seen += ~blocked
    return seen / 24


def render() -> np.ndarray:
    """RGB uint8 (640, 900, 3)."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(0.55, -0.87, HEIGHT))
    way = np.stack([0.5 * x, 0.5 * y - 0.03, np.ones_like(x)], axis=-1)
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    far = np.array([0.86, 0.84, 0.80]) - 0.35 * ((x + 0.6) ** 2 + y**2)[..., None] * 0.5
    picture = far.copy()
    floor = np.where(way[..., 1] < -0.01, -EYE[1] / np.minimum(way[..., 1], -0.01), np.inf)
    floor = np.where(floor < 12, floor, np.inf)
    distances = np.stack([floor, *(hit(EYE, way, ball) for ball in BALLS)])
    nearest = np.where(np.isfinite(distances.min(0)), distances.argmin(0), -1)
    for number in range(4):
        mask = nearest == number
        at = EYE + way[mask] * distances[number][mask][:, None]
        if number == 0:
            normal = np.broadcast_to([0.0, 1.0, 0.0], at.shape)
            colour = np.array([0.72, 0.60, 0.48]) * (0.96 + 0.04 * np.sin(9 * at[:, 2:3]))
        else:
            normal = (at - np.array(BALLS[number - 1][0])) / BALLS[number - 1][1]
            colour = np.broadcast_to(BALLS[number - 1][2], at.shape)
        light = np.maximum((normal * LIGHT).sum(-1), 0) * lit(at + 1e-3 * normal, rng)
        half = LIGHT - way[mask]
        half /= np.linalg.norm(half, axis=-1, keepdims=True)
        shine = np.maximum((normal * half).sum(-1), 0) ** 60 * (number > 0) * (light > 0)
        ambient = 0.16 + 0.14 * np.maximum(-normal[:, 1], 0)
        picture[mask] = colour * (ambient + light)[:, None] + 0.7 * shine[:, None]
    noise = rng.normal(0, 0.006, picture.shape)
    return np.rint(255 * np.clip(picture + noise, 0, 1) ** (1 / 1.5)).astype(np.uint8)


if __name__ == "__main__":
    Image.fromarray(render()).save(sys.argv[1], quality=85)
