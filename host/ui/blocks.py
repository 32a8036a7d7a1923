"""Gradio's Blocks, with every complaint of its own told in a sentence."""

from __future__ import annotations

import gradio as gr


class Page(gr.Blocks):
    """The page."""
