"""The controls of a game, and the settings that they stand for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

from plugins.gan.playground import settings as ranges
from plugins.gan.playground.distributions import DISTRIBUTIONS
from plugins.gan.playground.settings import PlaySettings

_D = PlaySettings()
_OBJECTIVES = [
    ("non-saturating (with R1)", "non-saturating"),
    ("hinge (spectral norm)", "hinge"),
    ("Wasserstein, gradient penalty", "wgan-gp"),
    ("least squares", "least-squares"),
    ("minimax of 2014, no penalty", "bce"),
]
_RATES = [1e-4, 3e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1]


class Slider(gr.Slider):
    """Its limits are the event function's to check.

    Gradio would answer what is typed beyond them, or an emptied field, before the function runs;
    outside of its queue nobody sees that answer.
    """

    is_template = True  # use gr.Slider's front end

    def preprocess(self, payload: float | None) -> float | None:  # type: ignore[override]
        return payload


@dataclass(eq=False)
class Controls:
    """Components by the names of :class:`PlaySettings`' fields, all but ``points``."""

    named: dict[str, Any] = field(default_factory=dict)

    def components(self) -> list[Any]:
        return list(self.named.values())

    def settings(self, values: Sequence[Any], own: np.ndarray | None) -> PlaySettings:
        """What the components' ``values`` say. Raises UserError for what is not allowed."""
        named = dict(zip(self.named, values, strict=True))
        for name in ("rate_g", "rate_d"):
            with contextlib.suppress(
                TypeError, ValueError, OverflowError
            ):  # typed by hand; checked below
                named[name] = float(named[name])
        points = own if named["distribution"] == "own" else None
        return PlaySettings(points=points, **named).checked()

    def values(self, settings: PlaySettings) -> list[Any]:
        """The other way round: a value for each component."""
        return [getattr(settings, name) for name in self.named]

    def add_distribution(self) -> None:
        """Write what is to be learnt."""
        self.named["distribution"] = gr.Dropdown(
            [
                (each if each != "own" else "own (draw it, or a CSV)", each)
                for each in DISTRIBUTIONS
            ],
            value=_D.distribution,
            label="Real distribution",
        )

    def add_game(self) -> None:
        """Write the objective and how fast each player learns."""
        named = self.named
        named["objective"] = gr.Dropdown(_OBJECTIVES, value=_D.objective, label="Objective")
        with gr.Row():
            named["rate_g"] = _rate("Rate of G", _D.rate_g)
            named["rate_d"] = _rate("Rate of D", _D.rate_d)
        with gr.Row():
            named["updates_g"] = _whole("Updates of G a step", ranges.UPDATES, _D.updates_g)
            named["updates_d"] = _whole("Updates of D a step", ranges.UPDATES, _D.updates_d)

    def add_networks(self) -> None:
        """Write noise and networks."""
        named = self.named
        with gr.Row():
            named["noise"] = gr.Radio(list(ranges.NOISES), value=_D.noise, label="Noise")
            named["noise_size"] = gr.Radio(
                list(ranges.NOISE_SIZES), value=_D.noise_size, label="Numbers of noise"
            )
        for player in "gd":
            with gr.Row():
                named[f"layers_{player}"] = _whole(
                    f"Hidden layers of {player.upper()}", ranges.LAYERS, 2
                )
                named[f"neurons_{player}"] = _whole(
                    f"Neurons a layer of {player.upper()}", ranges.NEURONS, 32
                )
        named["activation"] = gr.Dropdown(
            list(ranges.ACTIVATIONS), value=_D.activation, label="Activation"
        )
        with gr.Row():
            named["optimiser"] = gr.Radio(
                list(ranges.OPTIMISERS), value=_D.optimiser, label="Optimiser"
            )
            named["batch"] = _whole("Batch", ranges.BATCHES, _D.batch, 16)
        named["seed"] = gr.Number(_D.seed, precision=0, label="Seed", info="Of a new game.")

    def in_order(self) -> Controls:
        """The same in the order of the fields, for events."""
        names = [each.name for each in dataclasses.fields(PlaySettings) if each.name in self.named]
        return Controls({name: self.named[name] for name in names})


def _whole(label: str, limits: tuple[int, int], value: int, step: int = 1) -> Slider:
    return Slider(*limits, value=value, step=step, label=label, min_width=120)


def _rate(label: str, value: float) -> gr.Dropdown:
    """A list: a slider cannot go from 0.0001 to 0.1. Links and presets may add other values."""
    return gr.Dropdown(
        [(f"{rate:g}", rate) for rate in _RATES],
        value=value,
        label=label,
        allow_custom_value=True,
        min_width=120,
    )
