"""Feature maps: what each channel of a layer answers to a picture."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from plugins.style.components import PICTURE
from plugins.style.inside import words as say
from plugins.style.inside.results import COUNTS
from plugins.style.inside.source import Source
from plugins.style.settings import AUTO


def build(backend: Any, source: Source) -> None:
    """Write the page."""
    gr.Markdown(say.MAPS)
    with gr.Row():
        count = gr.Slider(*COUNTS, 16, step=1, label="Maps to show", info="those that vary most")
        channels = gr.Textbox("", label="Or these channels", placeholder="such as 3, 17, 40")
        scale = gr.Radio(
            [("its own", "own"), ("all alike", "joint")], value="own", label="Brightness of a map"
        )
    run = gr.Button("Show the feature maps", variant="primary")
    shown = gr.Image(label="Feature maps", **PICTURE)
    words = gr.Markdown()

    def style_feature_maps(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        count: int = 16,
        channels: str = "",
        scale: str = "own",
    ) -> tuple[np.ndarray, str]:
        """The feature maps of one layer of a network for a picture.

        Args:
            picture: the picture that is looked at.
            network: "auto", or the name of one that the page lists.
            layer: one of its layers, or "auto" for the one where content is read.
            count: how many maps, 1 to 64: those that vary most.
            channels: or these, such as "3, 17".
            scale: "own" or "joint", what counts as white.

        Returns:
            The maps in one picture, and a sentence about the layer.
        """
        maps = backend.feature_maps(
            picture, layer, network, count, channels=say.numbers(channels), scale=scale
        )
        return maps.picture, (
            f"{say.of(maps.layer)} {maps.silent:.0%} of its answers are 0"
            + (f", and {maps.dead} of its channels are 0 everywhere." if maps.dead else ".")
        )

    run.click(
        style_feature_maps,
        [*source.inputs(), count, channels, scale],
        [shown, words],
        api_name="style_feature_maps",
    )
