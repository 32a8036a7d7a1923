"""The GAN tab: what a trained GAN does at once, and how one comes to do it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.gan.augmentation import tab as augment_tab
from plugins.gan.game import tab as game_tab
from plugins.gan.generation import tab as generation_tab
from plugins.gan.playground import tab as playground_tab
from plugins.gan.runs import tab as runs_tab
from plugins.gan.translation import enlarge_tab, translate_tab

INTRODUCTION = (
    "Two networks play a game: the **generator** turns random numbers into pictures, the "
    "**discriminator** tries to tell them from real ones, and each gets better by beating the "
    "other. In the end the generator draws pictures that nobody made."
)
PARTS = (
    ("Generate", generation_tab),
    ("Train", runs_tab),
    ("Enlarge", enlarge_tab),
    ("Translate", translate_tab),
    ("Augment", augment_tab),
    ("Playground", playground_tab),
    ("The game", game_tab),
)


def build(backend: Any) -> None:
    """Writes the tab. ``backend``: the :class:`plugins.gan.backend.GanBackend`, by proxy."""
    gr.Markdown(INTRODUCTION)
    with gr.Tabs():
        for title, part in PARTS:
            with gr.Tab(title):
                part.build(backend)
