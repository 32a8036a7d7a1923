"""The photo in the colours of the paintings: an affine map of its pixels, in numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plugins.style.pictures import as_uint8

_FAINT = 16.0  # grey levels squared; variation below it counts as noise


def matched(
    photo: np.ndarray, paintings: Sequence[np.ndarray], shares: Sequence[float]
) -> np.ndarray:
    """``photo`` (H, W, 3) with the mean and covariance of the paintings' colours, all RGB uint8.

    Means and covariances of several paintings are averaged by ``shares`` (not negative, not all
    0). Of all maps that give these statistics it is the one of :func:`linear_map`.
    """
    parts = average([colour_statistics(painting) for painting in paintings], shares)
    return as_uint8(transported(photo, *parts))


def colour_statistics(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (3,) and covariance (3, 3) of the colours of a picture (H, W, 3), float64."""
    rows = picture.reshape(-1, 3).astype(np.float64)
    mean = rows.mean(0)
    rows -= mean
    # einsum, not a matrix product: that waits for its threads where the cores are busy
    return mean, np.einsum("ni,nj->ij", rows, rows) / len(rows)


def transported(picture: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """``picture`` (H, W, 3) mapped to a mean and covariance of its colours; float32, not clipped.

    The map is bounded where the picture hardly varies, so a plain picture stays plain.
    """
    own_mean, own = colour_statistics(picture)
    matrix = linear_map(own, covariance, _FAINT).astype(np.float32)
    return (picture - own_mean.astype(np.float32)) @ matrix + mean.astype(np.float32)


def linear_map(own: np.ndarray, theirs: np.ndarray, faint: float) -> np.ndarray:
    """Symmetric matrix M (C, C) that turns covariance ``own`` into ``theirs``: M own M = theirs.

    Of all such maps the one that moves normally distributed data least, after Monge and
    Kantorovich (Pitie and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping for
    example-based colour transfer", section 3.3). ``faint`` > 0 is a variance added to both: data
    that vary less in some direction are not blown up there to the full.
    """
    floor = faint * np.eye(len(own))
    root, inverse = _roots(own + floor, faint)
    middle, _ = _roots(root @ (theirs + floor) @ root, faint**2)
    return inverse @ middle @ inverse


def average(
    parts: Sequence[tuple[np.ndarray, ...]], shares: Sequence[float]
) -> tuple[np.ndarray, ...]:
    """Each array of the tuples averaged over the tuples by ``shares``, which need not add to 1."""
    weights = np.asarray(shares, np.float64)
    weights = weights / weights.sum()
    return tuple(np.tensordot(weights, np.stack(part), 1) for part in zip(*parts, strict=True))


def _roots(matrix: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Square root of a symmetric matrix, and the root's inverse; no eigenvalue below ``least``."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.maximum(values, least))
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
