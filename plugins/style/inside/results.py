"""What the inside of a network shows to the tab: no framework is needed to read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

MAX_SIDE = 384
"""Pixels of the long side at which a picture is looked at; larger ones are scaled down."""
COUNTS = (1, 64)
"""Feature maps in one picture, least and most."""
EXCITE_STEPS = (10, 400)
RECONSTRUCT_STEPS = (10, 500)
RECONSTRUCT_SIDES = (96, MAX_SIDE)
SCALES = ("own", "joint")
ORDERS = ("clusters", "strength")
REARRANGEMENTS = ("flip", "shuffle", "turn")
WHAT = ("content", "style")


@dataclass(frozen=True)
class Layer:
    """Where in a network a feature map comes from.

    network, name: as in :data:`plugins.style.models.MODELS`.
    height, width, channels: of the feature map of the picture at hand.
    stride: pixels of the picture from one position to the next.
    receptive_field: pixels a side of what one position can see.
    """

    network: str
    name: str
    height: int
    width: int
    channels: int
    stride: int
    receptive_field: int


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """Some feature maps of one picture.

    picture: RGB uint8 (H, W, 3), the maps in a grid, each with its channel's number.
    channels: those numbers in the order of the grid.
    silent: share of zeros among all activations of the layer.
    dead: how many channels are zero everywhere.
    """

    layer: Layer
    picture: np.ndarray
    channels: tuple[int, ...]
    silent: float
    dead: int


@dataclass(frozen=True, eq=False)
class ExciteStep:
    """A picture on its way to exciting one channel.

    picture: RGB uint8 (S, S, 3) or None: only some steps show one.
    activation: the channel's mean over the map, never negative behind a ReLU.
    """

    layer: Layer
    channel: int
    step: int
    steps: int
    picture: np.ndarray | None
    activation: float


@dataclass(frozen=True, eq=False)
class Patches:
    """Where the visitor's picture excites one channel most.

    sheet: RGB uint8, the patches in a grid, strongest first, each with its activation.
    heat: RGB uint8, the picture, lit where the channel fires.
    activations: of the patches, falling. Empty when the channel fires nowhere.
    centres: of the patches in the picture, as shares of its width and height.
    mean: the channel's mean over the picture.
    """

    layer: Layer
    channel: int
    sheet: np.ndarray
    heat: np.ndarray
    activations: tuple[float, ...]
    centres: tuple[tuple[float, float], ...]
    mean: float


@dataclass(frozen=True)
class LayerLoss:
    """How far apart two feature maps of one layer are, by the paper and by Triptych.

    gatys: Gatys, Ecker, Bethge 2016, equation 4, with each Gram matrix over its own positions.
    relative: :func:`plugins.style.losses.style_loss`; 0 is the same style, 1 or more none of it.
    channels, positions: N and M of the equation.
    """

    gatys: float
    relative: float
    channels: int
    positions: int


@dataclass(frozen=True, eq=False)
class GramView:
    """Gram matrices, drawn.

    picture: RGB uint8 (H, W, 3) with the matrix and the covariance of each picture and, for two
        pictures, their differences.
    order: the channels from left to right and from top to bottom.
    loss: of the two pictures; None for one picture.
    """

    layer: Layer
    picture: np.ndarray
    order: tuple[int, ...]
    loss: LayerLoss | None


@dataclass(frozen=True, eq=False)
class ReconstructStep:
    """A picture on its way from noise to what a layer still knows.

    layers: those that are read. loss: content or style loss, unweighted; None at step 0.
    picture: RGB uint8 (H, W, 3) or None: only some steps show one.
    elapsed, left: seconds; ``left`` is None until it can be guessed.
    """

    network: str
    layers: tuple[str, ...]
    step: int
    steps: int
    picture: np.ndarray | None
    loss: float | None
    elapsed: float
    left: float | None


@dataclass(frozen=True)
class Distance:
    """Content and style loss of two sets of feature maps.

    content: Gatys et al. 2016, equation 1. content_relative: Triptych's.
    layers: style layer -> its loss. shares: style layer -> its weight w_l in equation 5.
    """

    content: float
    content_relative: float
    layers: dict[str, LayerLoss] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def style(self) -> float:
        """Gatys et al. 2016, equation 5."""
        return sum(share * self.layers[name].gatys for name, share in self.shares.items())

    @property
    def style_relative(self) -> float:
        """The same sum of Triptych's own losses."""
        return sum(share * self.layers[name].relative for name, share in self.shares.items())


@dataclass(frozen=True, eq=False)
class Rearranged:
    """The same features at other places, and the same pixels at other places.

    layer: where content is compared.
    how: "flip", "shuffle" or "turn".
    before, after: RGB uint8, some feature maps of the layer.
    picture: RGB uint8, the picture with its pixels rearranged in the same way.
    of_maps: from the picture's feature maps to the rearranged ones.
    of_picture: from the picture's feature maps to the rearranged picture's.
    """

    layer: Layer
    how: str
    before: np.ndarray
    after: np.ndarray
    picture: np.ndarray
    of_maps: Distance
    of_picture: Distance
