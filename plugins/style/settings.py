"""How a picture shall be painted: one value for the tab, the command line, the API and the file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from host import UserError, checks

AUTO = "auto"
"""Asks for the first network whose weights are here."""

SIZES = (128, 1024)
"""Pixels of the result's long side on a CPU, least and most."""
GPU_SIZES = (128, 2048)
"""The same on a GPU."""
STEPS = (10, 2000)
"""Evaluations of the losses, least and most."""
WEIGHTS = (0, 100)
"""How much one part counts, least and most; 1 is balanced."""
SECONDS = (0, 3600)
LAYERS = 5
"""Style layers of every network, shallow to deep."""

STARTS = ("preview", "photo", "colours", "noise")
COLOURS = ("painting", "histogram", "luminance")
POOLINGS = ("average", "max")


@dataclass(frozen=True)
class Settings:
    """Everything about a style transfer but its pictures.

    size: pixels of the result's long side, 128..1024, on a GPU to 2048.
    steps: evaluations of the losses, 10..2000.
    seconds: stop and show what is there after so long; 0 is no limit.
    content_weight, style_weight, smoothness: 0..100, 1 is balanced.
    shares: of the paintings in the style, one for each, 0..100; empty is equal shares.
    layer_weights: of the network's five style layers, shallow to deep, 0..100 each.
    content_layer: where the photo's content is read; "" is the network's own choice.
    start: what the pixels are first: the quick "preview", the "photo", the photo in the painting's
        "colours", or "noise".
    colours: of the result: the "painting"'s; the photo's, by giving the painting the photo's
        colours first ("histogram"); or the photo's, by painting only light and dark ("luminance").
    pooling: "average", as Gatys et al. preferred, or "max", as most networks were trained.
    network: "auto" or the name of one of :data:`plugins.style.models.MODELS`.
    seed: 0..2**32 - 1, of the noise.
    """

    size: int = 384
    steps: int = 120
    seconds: float = 0.0
    content_weight: float = 1.0
    style_weight: float = 1.0
    smoothness: float = 1.0
    shares: tuple[float, ...] = ()
    layer_weights: tuple[float, ...] = (1.0,) * LAYERS
    content_layer: str = ""
    start: str = "preview"
    colours: str = "painting"
    pooling: str = "average"
    network: str = AUTO
    seed: int = 0

    def checked(self, paintings: int = 1, sizes: tuple[int, int] = SIZES) -> Settings:
        """These settings with every number in range and of its kind, for so many paintings.

        Raises UserError for the first that is not.
        """
        content = checks.number("Each weight", self.content_weight, *WEIGHTS)
        style = checks.number("Each weight", self.style_weight, *WEIGHTS)
        if content == style == 0:
            raise UserError("Let the photo or the painting count: both weights are 0.")
        shares = self.shares
        if isinstance(shares, list | tuple) and not shares:
            shares = (1.0,) * paintings
        shares = checks.numbers("Each painting's share", shares, paintings, *WEIGHTS)
        if not any(shares):
            raise UserError("Let a painting count: every share is 0.")
        layers = checks.numbers("Each layer's weight", self.layer_weights, LAYERS, *WEIGHTS)
        if not any(layers):
            raise UserError("Let a style layer count: the weight of every layer is 0.")
        if not isinstance(self.content_layer, str):
            raise UserError("The content layer must be the name of a layer.")
        if not isinstance(self.network, str):
            raise UserError("The network must be the name of a network.")
        return Settings(
            size=checks.whole("The size", self.size, *sizes),
            steps=checks.whole("The number of steps", self.steps, *STEPS),
            seconds=checks.number("The time limit", self.seconds, *SECONDS),
            content_weight=content,
            style_weight=style,
            smoothness=checks.number("Each weight", self.smoothness, *WEIGHTS),
            shares=shares,
            layer_weights=layers,
            content_layer=self.content_layer,
            start=checks.one_of("The start", self.start, STARTS),
            colours=checks.one_of("The choice of colours", self.colours, COLOURS),
            pooling=checks.one_of("The pooling", self.pooling, POOLINGS),
            network=self.network,
            seed=checks.seed(self.seed),
        )

    def to_json(self) -> str:
        """As JSON, for the text that goes along with a picture."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """What :meth:`to_json` wrote; names it does not know are left out.

        Raises UserError when ``text`` holds no such settings.
        """
        try:
            values = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            values = None
        if not isinstance(values, Mapping):
            raise UserError("These settings cannot be read.")
        known = {field.name for field in dataclasses.fields(cls)}
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
        shares = settings.get("shares") or (1.0,)
        count = len(shares) if isinstance(shares, tuple) else 1
        return cls(**settings).checked(count, GPU_SIZES)
