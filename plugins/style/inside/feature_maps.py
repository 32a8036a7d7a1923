"""Feature maps: what each channel of a layer answers at each place of a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plugins.style.inside.drawing import grey_tiles, sheet
from plugins.style.inside.reading import channel_of, described, features, looked_at
from plugins.style.inside.results import FeatureMaps
from plugins.style.networks import Network


def feature_maps(
    network: Network,
    picture: np.ndarray | None,
    layer: str,
    count: int = 16,
    channels: Sequence[int] = (),
    joint: bool = False,
    device: str | None = None,
) -> FeatureMaps:
    """``count`` feature maps of a layer, those that vary most first, or the ``channels`` asked for.

    picture: RGB uint8 (H, W, 3). joint: one grey scale for all maps, not one for each.
    Raises UserError for a picture, layer or channel that cannot be shown.
    """
    name = network.layer_named(layer)
    (maps,) = features(network, [name], looked_at(picture), device)
    width = maps.shape[-1]
    chosen = (
        tuple(dict.fromkeys(channel_of(channel, width) for channel in channels))
        if len(channels)
        else strongest(maps, count)
    )
    return FeatureMaps(
        layer=described(network, name, maps.shape),
        picture=sheet(grey_tiles(maps[..., list(chosen)], joint), [str(k) for k in chosen]),
        channels=chosen,
        silent=float((maps == 0).mean()),
        dead=int((maps == 0).all((0, 1)).sum()),
    )


def strongest(maps: np.ndarray, count: int) -> tuple[int, ...]:
    """The channels of (h, w, C) that vary most over the places: one that is always on says little.

    In falling order, at most C.
    """
    order = np.argsort(-maps.std((0, 1), dtype=np.float64), kind="stable")
    return tuple(int(channel) for channel in order[:count])
