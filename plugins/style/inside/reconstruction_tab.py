"""Reconstruction: from noise, what a layer still knows of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host.ui import QUIET
from plugins.style import formulas
from plugins.style.components import PICTURE
from plugins.style.inside import words as say
from plugins.style.inside.results import RECONSTRUCT_SIDES, RECONSTRUCT_STEPS, ReconstructStep
from plugins.style.inside.source import Source
from plugins.style.settings import AUTO


def build(backend: Any, source: Source) -> None:
    """Write the page."""
    gr.Markdown(say.RECONSTRUCT)
    with gr.Row():
        what = gr.Radio(
            [("content of this layer", "content"), ("style up to this layer", "style")],
            value="content",
            label="Bring back",
        )
        steps = gr.Slider(*RECONSTRUCT_STEPS, 100, step=10, label="Steps of bringing back")
        side = gr.Slider(*RECONSTRUCT_SIDES, 192, step=32, label="Pixels of the long side")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed of the noise")
    with gr.Row():
        run = gr.Button("Reconstruct", variant="primary")
        stop = gr.Button("Stop")
    words = gr.Markdown()
    shown = gr.Image(label="Reconstruction", **PICTURE)
    formula = gr.Markdown()

    def style_reconstruct(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        what: str = "content",
        steps: int = 100,
        side: int = 192,
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """From noise, what a layer knows of a picture; streams the picture while it is made.

        Args:
            picture: the picture that is looked at.
            network: "auto", or the name of one that the page lists.
            layer: one of its layers, or "auto" for the one where content is read.
            what: "content" of the layer, or "style" of the layers up to it.
            steps: 10 to 500.
            side: of the result, 96 to 384 pixels.
            seed: 0 to 4294967295, of the noise.

        Returns:
            A sentence, the picture, and the formula.
        """
        last: ReconstructStep | None = None
        for last in backend.reconstruct(picture, layer, network, what, steps, seed, side):
            if last.picture is not None:
                yield say.progress(last), last.picture, formulas.reconstruct_formulas(last, what)
        if last is not None and last.step < last.steps:
            yield f"Stopped. {say.progress(last)}", gr.skip(), gr.skip()

    run.click(
        style_reconstruct,
        [*source.inputs(), what, steps, side, seed],
        [words, shown, formula],
        api_name="style_reconstruct",
        show_progress="minimal",
    )
    stop.click(lambda: backend.cancel("reconstruct"), None, None, queue=False, **QUIET)
