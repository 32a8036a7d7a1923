"""The Gram matrix of a layer, for one picture or for two to compare."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from host.ui import ImageInput
from plugins.style import formulas
from plugins.style.components import PICTURE
from plugins.style.inside import words as say
from plugins.style.inside.source import Source
from plugins.style.settings import AUTO


def build(backend: Any, source: Source) -> None:
    """Write the page."""
    gr.Markdown(say.GRAM)
    with gr.Row():
        other = ImageInput(label="Second picture, to compare", height=200)
        with gr.Column():
            order = gr.Radio(
                [("those that go together", "clusters"), ("the strongest first", "strength")],
                value="clusters",
                label="Order of the channels",
            )
            run = gr.Button("Show the Gram matrix", variant="primary")
    shown = gr.Image(label="Gram matrix and covariance", **PICTURE)
    words = gr.Markdown()

    def style_gram(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        other: np.ndarray | None = None,
        order: str = "clusters",
    ) -> tuple[np.ndarray, str]:
        """The Gram matrix and covariance of a layer for a picture, or for two to compare.

        Args:
            picture: the picture that is looked at.
            network: "auto", or the name of one that the page lists.
            layer: one of its layers, or "auto" for the one where content is read.
            other: a second picture to compare, if any.
            order: of the channels, "clusters" or "strength".

        Returns:
            The drawn matrices, and the formulas with their numbers.
        """
        view = backend.gram(picture, layer, network, other, order)
        return view.picture, f"{say.of(view.layer)}\n\n{formulas.gram_formulas(view)}"

    run.click(
        style_gram,
        [*source.inputs(), other, order],
        [shown, words],
        api_name="style_gram",
    )
