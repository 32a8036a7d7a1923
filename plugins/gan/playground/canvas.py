"""The canvas of the playground: its scripts in the visitor's browser, and what they send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from host import UserError

_SCRIPTS = ("plane.js", "charts.js", "sketch.js", "plot.js")


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


COPY = _text("copy.js")
"""Copies a link to a game, which the page opens."""


def plot() -> gr.HTML:
    """The canvas; its value is a frame of :func:`.view.frame_json`."""
    return gr.HTML(
        "",
        html_template=_text("plot.html"),
        css_template=_text("plot.css"),
        js_on_load="\n".join(map(_text, _SCRIPTS)),
        apply_default_css=False,
        label="Playground",
        elem_id="gan-playground",
    )


def points_of(sent: Any) -> np.ndarray | None:
    """(N, 2) float32 from the flat list that the canvas sent; None without points."""
    try:
        flat = np.asarray(sent, np.float32)
        if flat.ndim != 1 or flat.size % 2:
            raise ValueError("not pairs")
    except (TypeError, ValueError) as error:
        raise UserError("This drawing cannot be read.") from error
    return flat.reshape(-1, 2) if flat.size else None
