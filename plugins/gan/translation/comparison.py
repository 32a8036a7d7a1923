"""Two of a translation's pictures, one over the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
import numpy as np

from host.ui import QUIET
from plugins.gan.translation.results import Translation

_KEPT = 1800  # seconds that the pictures wait to be compared


class Comparison:
    """Writes a slider between two pictures, chosen by what they are called.

    names: of all that may be chosen. pictures: those of a translation by name.
    """

    def __init__(
        self, names: Sequence[str], pictures: Callable[[Translation], dict[str, np.ndarray]]
    ) -> None:
        self._pictures = pictures
        with gr.Row():
            self.left = gr.Dropdown(list(names), value="L1 only", label="Left")
            self.right = gr.Dropdown(list(names), value="GAN", label="Right")
        self.slider = gr.ImageSlider(
            label="Two of them", format="png", interactive=False, height=460
        )
        self.kept = gr.State(None, time_to_live=_KEPT)  # the last Translation
        gr.on(
            [self.left.input, self.right.input],
            self.of,
            [self.kept, self.left, self.right],
            self.slider,
            queue=False,
            trigger_mode="always_last",
            **QUIET,
        )

    def of(self, found: Translation | None, left: str, right: str) -> Any:
        """The two pictures of that name. Without a truth, the GAN's stands in its place."""
        if found is None:
            return gr.skip()
        pictures = self._pictures(found)
        return tuple(pictures.get(name, pictures["GAN"]) for name in (left, right))


def gallery(label: str) -> gr.Gallery:
    """For all pictures side by side."""
    return gr.Gallery(
        label=label,
        format="png",
        columns=3,
        height="auto",
        object_fit="contain",
        interactive=False,
        buttons=["download", "fullscreen"],
    )
