"""What a recipe of style transfer is asked to minimise, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from plugins.style.networks import Network

MARGIN = 16  # as plugins.style.objective has it
DEEP = 4


class Curve(NamedTuple):
    """A run of a peer: seconds from its start to the end of each evaluation, and the total loss."""

    seconds: list[float]
    losses: list[float]


@dataclass(frozen=True)
class Task:
    """What to minimise, but for the arrays.

    layers: those that are read, shallow to deep; cuts: margin of each to leave out.
    style: layer -> share. content: the layer of the content loss.
    weights: of content, style and smoothness.
    """

    layers: list[str]
    cuts: list[int]
    style: dict[str, float]
    content: str
    weights: list[float]


def task_of(network: Network, weights: tuple[float, ...], layers: Any = None) -> Task:
    """The task that ``Objective`` minimises with these weights of losses and style layers."""
    (content,) = network.content_weights
    shares = np.asarray(list(network.style_weights.values()) if layers is None else layers)
    shares = [float(share) for share in shares / shares.sum()]
    cuts, pools = {}, 0
    for layer in network.model.layers:
        pools += "Pooling" in type(layer).__name__
        cuts[layer.name] = MARGIN // 2**pools if 2**pools >= DEEP else 0
    return Task(
        list(network.layers),
        [cuts[name] for name in network.layers],
        dict(zip(network.style_weights, shares, strict=True)),
        content,
        [float(weight) for weight in weights],
    )
