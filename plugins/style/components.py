"""What fields, pictures and events of the sub-tabs have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from host.ui import ImageInput
from plugins.style.models import MODELS
from plugins.style.settings import AUTO

PICTURE: dict[str, Any] = {
    "format": "png",
    "interactive": False,
    "buttons": ["download", "fullscreen"],
}

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of events that are the page's own business."""


def network_dropdown(label: str, info: str | None = None) -> gr.Dropdown:
    """Which network answers, by name."""
    automatic = ("VGG19 if its weights are here, else embedded", AUTO)
    return gr.Dropdown(
        [automatic, *((model.title, model.name) for model in MODELS)],
        value=AUTO,
        label=label,
        info=info,
    )


def examples(paths: Sequence[Path], picture: ImageInput, label: str) -> list[Any]:
    """Pictures to choose with one press; nothing where there are none.

    Returns the events of a choice, for ``gr.on``.
    """
    if not paths:
        return []
    names = [str(path) for path in paths]
    return [gr.Examples(names, picture, label=label, api_visibility="private").dataset.click]
