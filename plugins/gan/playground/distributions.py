"""What the generator is to learn: distributions of points in the plane, sampled anew each batch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from plugins.gan.playground.points import fitted, own_points, read_csv
from plugins.gan.playground.results import LIMIT

__all__ = ["DISTRIBUTIONS", "Modes", "fitted", "modes", "own_points", "read_csv", "sample"]

DISTRIBUTIONS = ("line", "two gaussians", "ring", "disjoint", "spiral", "grid", "own")

JITTER = 0.02
"""Standard deviation added to a visitor's points, so that they are a density and not a list."""

_LINE = np.array([[-0.7, -0.5], [0.7, 0.5]])
_LINE_SIGMA = 0.03
_TWO = np.array([[-0.45, -0.35], [0.45, 0.35]])
_TWO_SIGMA = 0.12
_RING_RADIUS, _RING_SIGMA = 0.6, 0.04
_DISCS = np.array([[-0.55, -0.45], [0.55, -0.45], [0.0, 0.55]])
_DISC_RADIUS = 0.2
_SPIRAL_TURNS, _SPIRAL_SIGMA = 1.5, 0.025
_SPIRAL_FROM, _SPIRAL_TO = 0.12, 0.8
_GRID = np.array([[x, y] for y in (-0.6, 0.0, 0.6) for x in (-0.6, 0.0, 0.6)])
_GRID_SIGMA = 0.05


@dataclass(frozen=True, eq=False)
class Modes:
    """The separate lumps of a distribution, all of the same weight.

    centres: (K, 2), K may be 0. radius: a point within it of a centre belongs to that lump; it
    holds 99 % of a Gaussian (3 standard deviations), all of a disc.
    """

    centres: np.ndarray
    radius: float


def modes(name: str) -> Modes:
    """The lumps of a distribution; none for a line, a ring, a spiral and a visitor's points."""
    if name == "two gaussians":
        return Modes(_TWO, 3 * _TWO_SIGMA)
    if name == "grid":
        return Modes(_GRID, 3 * _GRID_SIGMA)
    if name == "disjoint":
        return Modes(_DISCS, 1.1 * _DISC_RADIUS)
    return Modes(np.empty((0, 2)), 0.0)


def sample(
    name: str, count: int, random: np.random.Generator, points: np.ndarray | None = None
) -> np.ndarray:
    """``count`` independent points of the distribution, (count, 2) float32 in [-1, 1].

    points: (N, 2), what "own" draws from, each as likely as the others.
    """
    drawn = _mean(name, count, random, points)
    sigma = _sigma(name)
    if sigma:
        drawn = drawn + sigma * random.standard_normal((count, 2))
    return drawn.clip(-LIMIT, LIMIT).astype(np.float32)


def _mean(
    name: str, count: int, random: np.random.Generator, points: np.ndarray | None
) -> np.ndarray:
    """Where each point would be without the normal noise of its distribution."""
    if name == "line":
        return _LINE[0] + random.random((count, 1)) * (_LINE[1] - _LINE[0])
    if name == "two gaussians":
        return _TWO[random.integers(len(_TWO), size=count)]
    if name == "ring":
        return _RING_RADIUS * _circle(2 * math.pi * random.random(count))
    if name == "disjoint":
        radius = _DISC_RADIUS * np.sqrt(random.random((count, 1)))  # uniform over the disc's area
        around = radius * _circle(2 * math.pi * random.random(count))
        return _DISCS[random.integers(len(_DISCS), size=count)] + around
    if name == "spiral":
        # the arc's length grows as the square of the radius, nearly: points evenly along it
        low, high = _SPIRAL_FROM**2, _SPIRAL_TO**2
        radius = np.sqrt(low + (high - low) * random.random(count))
        return radius[:, None] * _circle(2 * math.pi * _SPIRAL_TURNS * radius / _SPIRAL_TO)
    if name == "grid":
        return _GRID[random.integers(len(_GRID), size=count)]
    if name == "own" and points is not None:
        return points[random.integers(len(points), size=count)]
    raise ValueError(f"no distribution {name!r}")


def _sigma(name: str) -> float:
    return {
        "line": _LINE_SIGMA,
        "two gaussians": _TWO_SIGMA,
        "ring": _RING_SIGMA,
        "spiral": _SPIRAL_SIGMA,
        "grid": _GRID_SIGMA,
        "own": JITTER,
    }.get(name, 0.0)


def _circle(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
