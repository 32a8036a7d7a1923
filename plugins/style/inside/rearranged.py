"""Same style, other content: feature maps whose positions are exchanged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from plugins.style.inside.drawing import grey_tiles, sheet
from plugins.style.inside.feature_maps import strongest
from plugins.style.inside.gram import layer_loss
from plugins.style.inside.reading import described, features, looked_at
from plugins.style.inside.results import Distance, Rearranged
from plugins.style.losses import content_loss
from plugins.style.networks import Network

_SHOWN = 6


def rearranged(
    network: Network,
    picture: np.ndarray | None,
    layer: str,
    how: str = "flip",
    seed: int = 0,
    device: str | None = None,
) -> Rearranged:
    """Exchange the positions of a picture's feature maps and measure content and style loss.

    A Gram matrix sums over positions, so any exchange of them, the same in every channel, leaves
    it as it is: style loss 0 up to rounding, and a large content loss. The picture's pixels,
    exchanged in the same way, are no such case: the filters see other neighbours.

    picture: RGB uint8 (H, W, 3). how: "flip" left and right, "shuffle" at random, or "turn" upside
    down. Content is compared at ``layer``, style at it and at all style layers. Raises UserError
    for a picture or layer that cannot be used.
    """
    name = network.layer_named(layer)
    picture = looked_at(picture)
    layers = tuple(dict.fromkeys((name, *network.style_weights)))
    before = dict(zip(layers, features(network, layers, picture, device), strict=True))
    after = {each: _exchanged(maps, how, seed) for each, maps in before.items()}
    other = _exchanged(picture, how, seed)
    seen = dict(zip(layers, features(network, layers, other, device), strict=True))
    shares = dict(network.style_weights)
    chosen = strongest(before[name], _SHOWN)
    captions = [str(channel) for channel in chosen]

    def drawn(maps: np.ndarray) -> np.ndarray:
        return sheet(grey_tiles(maps[..., list(chosen)]), captions)

    def distance(maps: dict[str, np.ndarray]) -> Distance:
        return Distance(
            content=content_gatys(maps[name], before[name]),
            content_relative=float(content_loss(*(_batch(x) for x in (maps[name], before[name])))),
            layers={each: layer_loss(maps[each], before[each]) for each in layers},
            shares=shares,
        )

    return Rearranged(
        layer=described(network, name, before[name].shape),
        how=how,
        before=drawn(before[name]),
        after=drawn(after[name]),
        picture=other,
        of_maps=distance(after),
        of_picture=distance(seen),
    )


def content_gatys(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Gatys et al. 2016, equation 1: half the sum of the squared differences of (h, w, C)."""
    return float(0.5 * ((ours.astype(np.float64) - theirs) ** 2).sum())


def _exchanged(grid: np.ndarray, how: str, seed: int) -> np.ndarray:
    """(h, w, K) with its positions exchanged; the numbers at each position stay together."""
    ways: dict[str, Callable[[], np.ndarray]] = {
        "flip": lambda: grid[:, ::-1],
        "turn": lambda: grid[::-1, ::-1],
        "shuffle": lambda: (
            np.random.default_rng(seed)
            .permutation(grid.reshape(-1, grid.shape[-1]))
            .reshape(grid.shape)
        ),
    }
    return np.ascontiguousarray(ways[how]())


def _batch(maps: np.ndarray) -> tf.Tensor:
    return tf.constant(maps[None], tf.float32)
