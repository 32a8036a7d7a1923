"""What a layer knows of a picture: another one, grown from noise until the layer cannot tell."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from plugins.style.inside.reading import looked_at
from plugins.style.inside.results import ReconstructStep
from plugins.style.networks import Network
from plugins.style.objective import Objective
from plugins.style.pictures import as_uint8
from plugins.style.search import PictureSearch

_SMOOTHNESS = {"content": 0.01, "style": 0.02}
_SHOW_EVERY = 0.4  # seconds between two pictures


def reconstruct(
    network: Network,
    picture: np.ndarray | None,
    layer: str,
    what: str = "content",
    steps: int = 100,
    seed: int = 0,
    side: int = 192,
    device: str | None = None,
) -> Iterator[ReconstructStep]:
    """From noise, match ``picture`` at one layer, or in style up to that layer.

    "content" matches the layer's feature maps themselves (Mahendran and Vedaldi 2015); "style"
    the statistics of all style layers up to this one (Gatys et al. 2016, figure 1). A little
    smoothness decides what the layers leave open. Yields step 0 and each step. Raises UserError
    for a picture or layer that cannot be used.
    """
    name = network.layer_named(layer)
    picture = looked_at(picture, side=side)
    layers = style_layers(network, name) if what == "style" else (name,)
    weights = (1.0, 0.0) if what == "content" else (0.0, 1.0)
    began = time.monotonic()
    noise = np.random.default_rng(seed).normal(127.5, 40.0, picture.shape)
    search = PictureSearch(np.clip(noise, 0.0, 255.0))
    yield ReconstructStep(network.name, layers, 0, steps, as_uint8(search.best), None, 0.0, None)

    objective = Objective(network.reading(dict.fromkeys(layers, 1.0), {name: 1.0}), device)
    target = objective.target(picture, picture)
    loss, shown, started = 0.0, began, time.monotonic()
    for step in range(1, steps + 1):
        losses, gradient = objective(search.trial, target, (*weights, _SMOOTHNESS[what]))
        if search.tell(losses.total, gradient) or step == 1:
            loss = losses.content + losses.style
        now = time.monotonic()
        image = None
        if now - shown >= _SHOW_EVERY or step == steps:
            shown = now
            image = as_uint8(search.best)
        left = (now - started) * (steps / step - 1)
        yield ReconstructStep(network.name, layers, step, steps, image, loss, now - began, left)


def style_layers(network: Network, name: str) -> tuple[str, ...]:
    """The network's style layers that are no deeper than ``name``, and ``name`` if it is one.

    ``name`` alone when it is shallower than all of them.
    """
    depth = {layer: place for place, layer in enumerate(network.every_layer)}
    layers = tuple(x for x in network.style_weights if depth[x] <= depth[name])
    return layers or (name,)
