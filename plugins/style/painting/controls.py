"""The controls of a transfer, and the settings that they stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET
from plugins.style import settings as ranges
from plugins.style.components import network_dropdown
from plugins.style.models import BY_NAME
from plugins.style.settings import AUTO, Settings

_STARTS = [
    ("the quick sketch", "preview"),
    ("the photo", "photo"),
    ("the photo in the painting's colours", "colours"),
    ("noise", "noise"),
]
_KEEP = [
    ("the painting's", "painting"),
    ("the photo's, by recolouring the painting first", "histogram"),
    ("the photo's, by painting only light and dark", "luminance"),
]
_SCALES = ("fine grain", "short strokes", "strokes", "forms", "large forms")
_SHARES = ("first_share", "second_share", "third_share")
_LAYERS = tuple(f"layer{number}" for number in range(1, ranges.LAYERS + 1))
LIVE = ("content_weight", "style_weight", "smoothness", *_SHARES, *_LAYERS)
"""What can be changed while a painting is under way."""


@dataclass(eq=False)
class Controls:
    """Components by the names of a :class:`Settings`' fields; shares and layers one by one."""

    named: dict[str, Any] = field(default_factory=dict)

    def components(self) -> list[Any]:
        return list(self.named.values())

    def settings(self, values: Sequence[Any], places: Sequence[int]) -> Settings:
        """What the components' ``values`` say of the paintings at these of the three places.

        Raises UserError for what is out of range.
        """
        named = dict(zip(self.named, values, strict=True))
        alone = {name: value for name, value in named.items() if name not in (*_SHARES, *_LAYERS)}
        return Settings(
            **alone,
            shares=tuple(named[_SHARES[place]] for place in places),
            layer_weights=tuple(named[name] for name in _LAYERS),
        ).checked(len(places), ranges.GPU_SIZES)

    def values(self, settings: Settings) -> list[Any]:
        """The other way round: a value for each component, within what it can show.

        Raises UserError for a network or more paintings than there are here.
        """
        if settings.network not in (AUTO, *BY_NAME):
            raise UserError(f'There is no network "{settings.network}" here.')
        if len(settings.shares) > len(_SHARES):
            raise UserError(f"These settings are for more than {len(_SHARES)} paintings.")
        named = dataclasses.asdict(settings)
        shares = (*named.pop("shares"), 1.0, 1.0, 1.0)
        named |= zip(_SHARES, shares, strict=False)
        named |= zip(_LAYERS, named.pop("layer_weights"), strict=True)
        return [_shown(component, named[name]) for name, component in self.named.items()]

    def add_weights(self) -> None:
        """Write the three sliders that matter most."""
        for name, label, info in (
            ("content_weight", "Photo weight", "how clearly its objects stay"),
            ("style_weight", "Painting weight", "how strongly its manner shows"),
            ("smoothness", "Smoothness weight", "how calm it is between the strokes"),
        ):
            self.named[name] = _weight(label, f"{info}; 1 is balanced")

    def add_shares(self) -> None:
        """Write a slider for each of the three paintings."""
        for name, which in zip(_SHARES, ("first", "second", "third"), strict=True):
            self.named[name] = _weight(f"Share of the {which}")

    def add_others(self) -> None:
        """Write all the rest."""
        named = self.named
        named["size"] = gr.Slider(
            ranges.GPU_SIZES[0],
            ranges.GPU_SIZES[1],
            384,
            step=32,
            label="Size",
            info=f"pixels of the long side; without a GPU at most {ranges.SIZES[1]:,}",
        )
        named["steps"] = gr.Slider(
            10, ranges.STEPS[1], 120, step=10, label="Steps", info="more take longer"
        )
        named["seconds"] = gr.Slider(
            0, 120, 0, step=5, label="Seconds at most", info="0: as long as the steps take"
        )
        named["start"] = gr.Dropdown(_STARTS, value="preview", label="Start from")
        named["colours"] = gr.Dropdown(_KEEP, value="painting", label="Colours of the result")
        named["network"] = network_dropdown(
            "Network", "VGG19 is the paper's network; without its weights the small one answers"
        )
        # a layer's name from a client is checked by the backend, whatever the list shows
        named["content_layer"] = gr.Dropdown(
            _content_layers(AUTO),
            value="",
            label="Layer that reads the photo",
            info="deeper: freer with its details",
            allow_custom_value=True,
        )
        named["pooling"] = gr.Radio(
            list(ranges.POOLINGS),
            value="average",
            label="Pooling",
            info="average, as the paper, or max, as most networks were trained",
        )
        for number, (name, what) in enumerate(zip(_LAYERS, _SCALES, strict=True), 1):
            named[name] = _weight(f"Style layer {number}: {what}")
        named["seed"] = gr.Number(0, label="Seed", precision=0)

        def layers(network: str) -> gr.Dropdown:
            return gr.Dropdown(choices=_content_layers(network), value="")

        named["network"].input(
            layers,
            named["network"],
            named["content_layer"],
            **QUIET,
        )


def _shown(component: gr.components.Component, value: Any) -> Any:
    if isinstance(component, gr.Slider):
        return min(max(value, component.minimum), component.maximum)
    return value


def _weight(label: str, info: str | None = None) -> gr.Slider:
    return gr.Slider(0, 5, 1, step=0.1, label=label, info=info)


def _content_layers(network: str) -> list[tuple[str, str]]:
    if network not in BY_NAME:
        return [("the network's own choice", "")]
    model = BY_NAME[network]
    return [
        (f"{model.content_layer}, its own choice", ""),
        *((name, name) for name in model.layers),
    ]
