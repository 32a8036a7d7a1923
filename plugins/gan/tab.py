"""The GAN tab: "Generate" draws digits at once, "Train" shows a GAN learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from plugins.gan import generate_tab, train_tab

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "gan"

INTRODUCTION = (
    "Two networks play a game: the **generator** turns random numbers into pictures, the "
    "**discriminator** tries to tell them from real ones, and each gets better by beating the "
    "other. In the end the generator draws pictures that nobody made."
)


def build(backend: Any) -> None:
    """Writes the tab. ``backend``: the :class:`plugins.gan.backend.GanBackend`, by proxy."""
    gr.Markdown(INTRODUCTION)
    with gr.Tabs():
        with gr.Tab("Generate"):
            generate_tab.build(backend, ASSETS / "digits.png")
        with gr.Tab("Train"):
            train_tab.build(backend)
