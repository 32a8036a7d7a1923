"""The sheet on which a visitor draws a face: a ``host.ui.Drawing`` with these settings."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

SIDE = 512
SETTINGS: dict[str, Any] = {
    "type": "numpy",
    "image_mode": "RGBA",
    "format": "png",
    "interactive": True,
    "sources": (),
    "layers": False,
    "transforms": (),
    "canvas_size": (SIDE, SIDE),
    "fixed_canvas": True,
    "brush": gr.Brush(colors=["#000000"], color_mode="fixed", default_size=5),
    "height": 460,
    "buttons": ["fullscreen"],
}
"""A square sheet and a black pen."""


def holding(drawing: np.ndarray) -> dict[str, Any]:
    """The canvas's value that shows ``drawing``, to be drawn on."""
    return {"background": drawing, "layers": [], "composite": None}
