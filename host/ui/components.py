"""Gradio components that stand between a visitor's files and a plugin."""

from __future__ import annotations

import base64
import binascii
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio_client.utils import is_http_url_like

from host import images
from host.plugin import UserError
from host.weights import Progress

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of events that are the page's own business."""


class ImageInput(gr.Image):
    """A picture from the visitor: upload, webcam or clipboard.

    The event function receives an RGB uint8 array (H, W, 3), upright and without alpha, or None
    when there is no picture. A file that is not a picture, or too large, is answered with a
    sentence before the function runs.
    """

    is_template = True  # use gr.Image's front end
    limits: ClassVar[images.Limits] = images.Limits()
    """What the operator allows; set once at start."""

    async def async_move_resource_to_block_cache(
        self, url_or_file_path: str | Path | None
    ) -> str | None:
        # Gradio would download an address that a client sends in place of a file.
        if is_http_url_like(str(url_or_file_path)):
            raise gr.Error("Please send the picture itself, not its address.")
        return await super().async_move_resource_to_block_cache(url_or_file_path)

    def preprocess(self, payload: Any) -> np.ndarray | None:  # type: ignore[override]
        if payload is None:
            return None
        try:
            return images.load(_source(payload), self.limits)
        except UserError as error:
            raise gr.Error(str(error), title="This picture", print_exception=False) from None


def give(component: gr.components.Component, data: bytes, name: str) -> str:
    """The path of a new file of that name, for a component of the page that hands it out.

    It goes when its visitor does.
    """
    return save_bytes_to_cache(data, name, component.GRADIO_CACHE)


def download_bar(title: str, progress: Progress) -> str:
    """HTML of a bar for a download under way, for a ``gr.HTML``."""
    total = f" of {progress.total / 1e6:.0f}" if progress.total else ""
    return (
        f"<label>{escape(title)}: {progress.done / 1e6:.0f}{total} MB "
        f"<progress max='{progress.total or 1}' value='{progress.done}' style='width:100%'>"
        "</progress></label>"
    )


def _source(payload: Any) -> str | bytes:
    url = payload.url or ""
    if not url.startswith("data:"):
        return str(payload.path)
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error:
        raise UserError("The picture's data URL is damaged.") from None
