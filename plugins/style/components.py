"""What fields, pictures and events of the sub-tabs have in common."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.style.models import MODELS
from plugins.style.settings import AUTO

PICTURE: dict[str, Any] = {
    "format": "png",
    "interactive": False,
    "buttons": ["download", "fullscreen"],
}


def network_dropdown(label: str, info: str | None = None) -> gr.Dropdown:
    """Which network answers, by name."""
    automatic = ("VGG19 or VGG16 if here, else embedded", AUTO)
    return gr.Dropdown(
        [automatic, *((model.title, model.name) for model in MODELS)],
        value=AUTO,
        label=label,
        info=info,
    )
