"""The Gram matrix of a layer as a picture: which channels fire together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from plugins.style.inside.reading import described, features, looked_at
from plugins.style.inside.results import GramView, LayerLoss
from plugins.style.losses import statistics, style_loss
from plugins.style.networks import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def gram(
    network: Network,
    picture: np.ndarray | None,
    layer: str,
    other: np.ndarray | None = None,
    order: str = "clusters",
    device: str | None = None,
) -> GramView:
    """Gram matrix and covariance of a layer for one picture, or for two with their differences.

    picture, other: RGB uint8 (H, W, 3). order: "clusters" puts channels that fire together side
    by side, "strength" those that fire most first; by the first picture. Raises UserError for a
    picture or layer that cannot be shown.
    """
    name = network.layer_named(layer)
    pictures = [looked_at(picture)]
    if other is not None:
        pictures.append(looked_at(other, "second picture"))
    maps = [features(network, [name], each, device)[0] for each in pictures]
    grams = [gram_matrix(each) for each in maps]
    covariances = [_covariance(each) for each in maps]
    by = clustered(covariances[0]) if order == "clusters" else np.argsort(-np.diag(grams[0]))
    return GramView(
        layer=described(network, name, maps[0].shape),
        picture=_figure(
            [x[np.ix_(by, by)] for x in grams], [x[np.ix_(by, by)] for x in covariances]
        ),
        order=tuple(int(k) for k in by),
        loss=layer_loss(maps[0], maps[1]) if len(maps) == 2 else None,
    )


def gram_matrix(maps: np.ndarray) -> np.ndarray:
    """Mean product of every two channels over the places of (h, w, C), float64 (C, C).

    Gatys et al. 2016, equation 3, divided by the number of places M, so that pictures of
    different sizes can be compared.
    """
    rows = tf.constant(maps.reshape(-1, maps.shape[-1]), tf.float64)
    return (tf.matmul(rows, rows, transpose_a=True) / len(rows)).numpy()


def layer_loss(ours: np.ndarray, theirs: np.ndarray) -> LayerLoss:
    """How far apart two feature maps (h, w, C) of one layer are in style."""
    channels = ours.shape[-1]
    # equation 4, 1 / (4 N^2 M^2) times the squares of the sums, is 1 / (4 N^2) times that of means
    gatys = ((gram_matrix(ours) - gram_matrix(theirs)) ** 2).sum() / (4 * channels**2)
    relative = style_loss(*(statistics(tf.constant(x[None], tf.float32)) for x in (ours, theirs)))
    positions = int(np.prod(ours.shape[:2]))
    return LayerLoss(float(gatys), float(relative), channels, positions)


def clustered(covariance: np.ndarray) -> np.ndarray:
    """An order of the channels in which those that correlate are neighbours.

    The leaves of average linkage on 1 - correlation; channels that never fire come last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    alive = np.flatnonzero(spread > 1e-12)
    dead = np.flatnonzero(spread <= 1e-12)
    if len(alive) < 3:
        return np.concatenate([alive, dead])
    scale = spread[alive]
    apart = 1 - covariance[np.ix_(alive, alive)] / np.outer(scale, scale)
    apart = np.maximum((apart + apart.T) / 2, 0.0)
    np.fill_diagonal(apart, 0.0)
    leaves = leaves_list(linkage(squareform(apart, checks=False), "average"))
    return np.concatenate([alive[leaves], dead])


def _covariance(maps: np.ndarray) -> np.ndarray:
    rows = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
    return gram_matrix((rows - rows.mean(0))[None])


def _figure(grams: list[np.ndarray], covariances: list[np.ndarray]) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = ["picture", "second picture"][: len(grams)]
    columns = 3 if len(grams) == 2 else 1
    rows = 2 if columns == 3 else 1
    across = columns if rows == 2 else 2
    figure = Figure(figsize=(4.2 * across, 3.8 * rows), dpi=90, layout="constrained")
    axes = figure.subplots(rows, across, squeeze=False)
    for row, (title, matrices, signed) in enumerate(
        (("Gram matrix", grams, False), ("Covariance", covariances, True))
    ):
        places = axes[row] if rows == 2 else axes[0, row : row + 1]
        high = max(_typical(matrix) for matrix in matrices)
        for place, matrix, name in zip(places, matrices, names, strict=False):
            shown = title if rows == 1 else f"{title}, {name}"
            _drawn(figure, place, matrix, high, signed, shown)
        if len(matrices) == 2:
            change = matrices[1] - matrices[0]
            _drawn(figure, places[2], change, _typical(change), True, "second - first")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _drawn(
    figure: Figure, axes: Axes, matrix: np.ndarray, high: float, signed: bool, title: str
) -> None:
    image = axes.imshow(
        matrix,
        cmap="RdBu_r" if signed else "magma",
        vmin=-high if signed else 0.0,
        vmax=high,
        interpolation="antialiased",
    )
    figure.colorbar(image, ax=axes, extend="both" if signed else "max", shrink=0.85)
    axes.set(title=title, xlabel="channel", ylabel="channel")


def _typical(matrix: np.ndarray) -> float:
    """A limit of the colour scale that a few large entries do not set alone."""
    return max(float(np.quantile(np.abs(matrix), 0.99)), 1e-12)
