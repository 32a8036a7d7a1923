"""Same style, other content: feature maps with their positions exchanged."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from plugins.style import formulas
from plugins.style.components import PICTURE
from plugins.style.inside import words as say
from plugins.style.inside.source import Source
from plugins.style.settings import AUTO


def build(backend: Any, source: Source) -> None:
    """Write the page."""
    gr.Markdown(say.REARRANGED)
    with gr.Row():
        how = gr.Radio(
            [("mirror", "flip"), ("shuffle", "shuffle"), ("turn upside down", "turn")],
            value="flip",
            label="Rearrange",
        )
        run = gr.Button("Rearrange and measure", variant="primary")
    with gr.Row():
        before = gr.Image(label="Some feature maps", **PICTURE)
        after = gr.Image(label="The same, rearranged", **PICTURE)
        other = gr.Image(label="The picture itself, rearranged", **PICTURE)
    words = gr.Markdown()

    def style_rearranged(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        how: str = "flip",
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
        """Rearranged feature maps have the same style and another content.

        Args:
            picture: the picture that is looked at.
            network: "auto", or the name of one that the page lists.
            layer: one of its layers, or "auto" for the one where content is read.
            how: "flip", "shuffle" or "turn".

        Returns:
            Some maps before and after, the picture rearranged in the same way, and the losses of
            both with their formulas.
        """
        result = backend.rearranged(picture, layer, how, network)
        said = f"{say.of(result.layer)}\n\n{formulas.rearranged_formulas(result)}"
        return result.before, result.after, result.picture, said

    run.click(
        style_rearranged,
        [*source.inputs(), how],
        [before, after, other, words],
        api_name="style_rearranged",
    )
