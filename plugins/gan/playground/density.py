"""How far the generator is from the real distribution: divergences, covered modes, quality.

Both samples become densities by the same Gaussian kernel estimate: a histogram of 4,000 points on
a grid finer than the kernel, convolved with the kernel, which is separable. What is compared are
thus the two distributions blurred by the kernel: KL and JS of those, in nats. Two samples of one
distribution differ too, by chance: that is the floor.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import cKDTree

from plugins.gan.playground.distributions import Modes

SAMPLES = 4_000
"""Points per estimate."""

BANDWIDTH = 0.05
"""Standard deviation of the kernel."""

EXTENT = 1.4
"""Half of the grid's side: the plane, and 8 bandwidths beyond it, where no mass is lost."""

CELLS = 112
"""Cells along a side, of half a bandwidth each."""

UNIFORM = 1e-6
"""Share of a uniform density mixed in, so that KL is finite (about 20 at most) everywhere."""

NEAR = 0.05
"""A fake counts as good within this distance of one of 4,000 real points."""

COVERED = 0.25
"""A mode counts as covered with this share of the fakes that would fall to it if all was well."""


def _kernel() -> np.ndarray:
    """(CELLS, CELLS): row i spreads a point in cell i over all cells of a line."""
    centres = (np.arange(CELLS) + 0.5) * (2 * EXTENT / CELLS)
    kernel = np.exp(-0.5 * ((centres[:, None] - centres) / BANDWIDTH) ** 2)
    return kernel * (2 * EXTENT / CELLS) / (BANDWIDTH * math.sqrt(2 * math.pi))


_KERNEL = _kernel()


def estimate(points: np.ndarray) -> np.ndarray:
    """The mass in each cell of the grid, (CELLS, CELLS) float64 with sum 1; rows are y.

    points: (N, 2) in [-1, 1].
    """
    index = ((points.astype(np.float64) + EXTENT) * (CELLS / (2 * EXTENT))).astype(np.int64)
    index = index.clip(0, CELLS - 1)
    counts = np.bincount(index[:, 1] * CELLS + index[:, 0], minlength=CELLS * CELLS)
    mass = _KERNEL.T @ (counts.reshape(CELLS, CELLS) / len(points)) @ _KERNEL
    return (1 - UNIFORM) * mass / mass.sum() + UNIFORM / CELLS**2


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback-Leibler divergence KL(p || q) of two estimates in nats, 0 or more."""
    return max(0.0, float((p * np.log(p / q)).sum()))


def js(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence of two estimates in nats, from 0 to ln 2."""
    middle = (p + q) / 2
    return min(math.log(2), (kl(p, middle) + kl(q, middle)) / 2)


def covered(fakes: np.ndarray, modes: Modes) -> int:
    """How many modes have enough fakes (N, 2) within their radius (:data:`COVERED`)."""
    if not len(modes.centres):
        return 0
    distance = np.linalg.norm(fakes[:, None] - modes.centres, axis=2)
    inside = (distance <= modes.radius).mean(0)
    return int((inside >= COVERED / len(modes.centres)).sum())


def quality(fakes: np.ndarray, reals: cKDTree) -> float:
    """Share of the fakes (N, 2) within :data:`NEAR` of a real point."""
    distance, _ = reals.query(fakes, distance_upper_bound=NEAR)
    return float(np.isfinite(distance).mean())
