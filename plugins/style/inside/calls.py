"""The calls of the inside tab, for the style backend to inherit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from host import UserError, checks
from plugins.style.inside import activation, gram, reconstruction
from plugins.style.inside.feature_maps import feature_maps
from plugins.style.inside.rearranged import rearranged
from plugins.style.inside.results import (
    COUNTS,
    EXCITE_STEPS,
    ORDERS,
    REARRANGEMENTS,
    RECONSTRUCT_SIDES,
    RECONSTRUCT_STEPS,
    SCALES,
    WHAT,
    ExciteStep,
    FeatureMaps,
    GramView,
    Patches,
    Rearranged,
    ReconstructStep,
)
from plugins.style.networks import Network


class InsideCalls:
    """What a network sees, call by call; needs ``network(name)`` and ``_device``.

    In all of them ``picture`` is RGB uint8 (H, W, 3), at least 32 pixels a side and at most 4:1;
    ``network`` is a network's name or "auto"; ``layer`` one of its layers, or "auto" for the one
    where content is read. Each raises UserError for what it cannot use.
    """

    _device: str

    def network(self, name: str) -> Network:
        """The network called ``name``. Raises UserError for an unknown one."""
        raise NotImplementedError

    def feature_maps(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        count: int = 16,
        channels: Sequence[int] = (),
        scale: str = "own",
    ) -> FeatureMaps:
        """The layer's maps that vary most, or the ``channels`` asked for, as one picture.

        count: 1..64. scale: "own" makes each map's largest value white, "joint" that of all.
        """
        count = checks.whole("The number of maps", count, *COUNTS)
        joint = checks.one_of("The grey scale", scale, SCALES) == "joint"
        if len(channels) > COUNTS[1]:
            raise UserError(f"Please ask for at most {COUNTS[1]} channels.")
        return feature_maps(
            self.network(network), picture, layer, count, channels, joint, self._device
        )

    def excite(
        self,
        layer: str = "auto",
        channel: int = 0,
        network: str = "auto",
        steps: int = 80,
        seed: int = 0,
    ) -> Iterator[ExciteStep]:
        """Grow a picture that excites one channel; yields each step. steps: 10..400."""
        steps = checks.whole("The number of steps", steps, *EXCITE_STEPS)
        seed = checks.seed(seed)
        yield from activation.excite(
            self.network(network), layer, channel, steps, seed, self._device
        )

    def best_patches(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        channel: int = 0,
        network: str = "auto",
        count: int = 9,
    ) -> Patches:
        """The patches of the picture that excite one channel most. count: 1..64."""
        count = checks.whole("The number of patches", count, *COUNTS)
        return activation.patches(
            self.network(network), picture, layer, channel, count, self._device
        )

    def gram(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        other: np.ndarray | None = None,
        order: str = "clusters",
    ) -> GramView:
        """Gram matrix and covariance of a layer, of one picture or of two to compare.

        order: of the channels, "clusters" or "strength".
        """
        order = checks.one_of("The order", order, ORDERS)
        return gram.gram(self.network(network), picture, layer, other, order, self._device)

    def reconstruct(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        what: str = "content",
        steps: int = 100,
        seed: int = 0,
        side: int = 192,
    ) -> Iterator[ReconstructStep]:
        """From noise, the content of one layer or the style of the layers up to it.

        what: "content" or "style". steps: 10..500. side: pixels of the long side, 96..384.
        """
        what = checks.one_of("The part to reconstruct", what, WHAT)
        steps = checks.whole("The number of steps", steps, *RECONSTRUCT_STEPS)
        seed = checks.seed(seed)
        side = checks.whole("The size", side, *RECONSTRUCT_SIDES)
        yield from reconstruction.reconstruct(
            self.network(network), picture, layer, what, steps, seed, side, self._device
        )

    def rearranged(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        how: str = "flip",
        network: str = "auto",
        seed: int = 0,
    ) -> Rearranged:
        """Feature maps with their positions exchanged: the same style, another content.

        how: "flip", "shuffle" or "turn".
        """
        how = checks.one_of("The way to rearrange", how, REARRANGEMENTS)
        seed = checks.seed(seed)
        return rearranged(self.network(network), picture, layer, how, seed, self._device)
