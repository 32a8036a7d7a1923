"""A canvas on which a visitor draws."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components.base import server
from PIL import Image

MAX_LAYERS = 4
MAX_PIXELS = 4_200_000
"""Of one layer."""
_MAX_SENT = 100
"""Layers that a browser may send, most of which would be refused."""
_MAX_PENDING = 200_000_000
"""Bytes of drawings that were sent and not yet used."""


class Drawing(gr.ImageEditor):
    """A ``gr.ImageEditor``; ``type="numpy", image_mode="RGBA"`` for layers of uint8 (H, W, 4).

    What a client sends is measured before it is decoded, and answered with a sentence when it is
    no drawing.
    """

    is_template = True  # use gr.ImageEditor's front end

    @server
    def accept_blobs(self, data: Any) -> None:  # type: ignore[override]
        """Keeps what a browser sends ahead of the event that uses it, within limits."""
        index = data.data.get("index")
        if index and index != "null" and not 0 <= int(index) < _MAX_SENT:
            raise ValueError("a layer that no drawing has")
        super().accept_blobs(data)
        sizes = {each: _size(drawing) for each, drawing in self.blob_storage.items()}
        while sum(sizes.values()) > _MAX_PENDING:
            oldest = next(iter(sizes))
            del sizes[oldest]
            self.blob_storage.pop(oldest, None)

    def preprocess(self, payload: Any) -> Any:  # type: ignore[override]
        if payload is None:
            return None
        layers = payload.layers or []
        if len(layers) > MAX_LAYERS:
            raise gr.Error("This drawing has too many layers.", print_exception=False)
        try:
            for file in (payload.background, payload.composite, *layers):
                if file is not None:
                    _measure(file.path)
            return super().preprocess(payload)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise gr.Error("This drawing cannot be read.", print_exception=False) from error


def _size(drawing: Any) -> int:
    parts = (drawing.background, drawing.composite, *drawing.layers)
    return sum(len(part) for part in parts if part)


def _measure(path: str) -> None:
    with Image.open(path) as image:
        if image.width * image.height > MAX_PIXELS:
            raise gr.Error(
                "This drawing is too large; draw on a smaller picture.",
                print_exception=False,
            )
