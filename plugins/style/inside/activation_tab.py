"""What excites a filter: a picture grown from noise, and places of the visitor's picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host.ui import QUIET
from plugins.style.components import PICTURE
from plugins.style.inside import words as say
from plugins.style.inside.results import EXCITE_STEPS
from plugins.style.inside.source import Source
from plugins.style.settings import AUTO


def build(backend: Any, source: Source) -> None:
    """Write the page."""
    gr.Markdown(say.EXCITE)
    with gr.Row():
        channel = gr.Number(0, precision=0, minimum=0, label="Channel")
        steps = gr.Slider(*EXCITE_STEPS, 80, step=10, label="Steps of growing")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed of growing")
    with gr.Row():
        run = gr.Button("Grow", variant="primary")
        stop = gr.Button("Stop")
    words = gr.Markdown()
    with gr.Row():
        grown = gr.Image(label="What excites it most", **PICTURE)
        sheet = gr.Image(label="Places of your picture that excite it", **PICTURE)
        heat = gr.Image(label="Where they are", **PICTURE)

    def style_excite(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        channel: int = 0,
        steps: int = 80,
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """What excites one channel of a layer; streams a picture while it grows from noise.

        Args:
            picture: the picture that is looked at.
            network: "auto", or the name of one that the page lists.
            layer: one of its layers, or "auto" for the one where content is read.
            channel: of the layer, from 0 up.
            steps: of growing, 10 to 400.
            seed: 0 to 4294967295, of the noise.

        Returns:
            A sentence, the grown picture, the patches of ``picture`` that excite the channel most,
            and the picture lit where they are; the last two with a picture only.
        """
        patches = None
        if picture is not None:
            patches = backend.best_patches(picture, layer, channel, network)
        found = (patches.sheet, patches.heat) if patches else (None, None)
        step = None
        for step in backend.excite(layer, channel, network, steps, seed):
            if step.picture is not None:
                said = (
                    f"{say.of(step.layer)} Step {step.step} of {step.steps}: channel "
                    f"{step.channel} answers {step.activation:.2f} on average. "
                    f"{say.answer(patches)}"
                )
                if step.step == step.steps and step.activation == 0:
                    said += " It answers to nothing at all: a dead channel."
                yield said, step.picture, *found
        if step is not None and step.step < step.steps:
            yield f"Stopped at step {step.step} of {step.steps}.", *[gr.skip()] * 3

    run.click(
        style_excite,
        [*source.inputs(), channel, steps, seed],
        [words, grown, sheet, heat],
        api_name="style_excite",
        show_progress="minimal",
    )
    stop.click(lambda: backend.cancel("excite"), None, None, queue=False, **QUIET)
