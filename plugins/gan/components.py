"""What pictures and events of the sub-tabs have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from host.ui import ImageInput

PICTURE: dict[str, Any] = {
    "format": "png",
    "interactive": False,
    "show_label": False,  # it would cover the first digits
    "buttons": ["download", "fullscreen"],
}

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of events that are the page's own business."""


def examples(paths: Sequence[Path], picture: ImageInput) -> None:
    """Pictures to choose with one press; nothing where there are none."""
    if paths:
        names = [str(path) for path in paths]
        gr.Examples(names, picture, label="Or take one of these", api_visibility="private")
