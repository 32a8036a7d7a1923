"""A second and a third painting, and the drawing that says where each shows."""

from __future__ import annotations

import gradio as gr

from host import images
from host.ui import QUIET, Drawing, ImageInput
from plugins.style.painting.controls import Controls
from plugins.style.painting.drawn_masks import BRUSHES, FINEST


def write(content: ImageInput, controls: Controls) -> tuple[list[ImageInput], Drawing]:
    """Write the components. Returns the paintings' and the drawing's."""
    with gr.Row():
        more = [ImageInput(label=f"{each} painting", height=160) for each in ("Second", "Third")]
    with gr.Row():
        controls.add_shares()
    gr.Markdown(
        "Draw where a painting shall show: **red** for the second, **blue** for the third; the "
        "first fills what is left. Without a drawing they are blended by their shares."
    )
    put = gr.Button("Put the photo here to draw on it", size="sm")
    drawing = Drawing(
        label="Where each painting shows",
        type="numpy",
        image_mode="RGBA",
        sources=(),
        layers=False,
        transforms=(),
        brush=gr.Brush(colors=list(BRUSHES), color_mode="fixed", default_size=40),
        height=360,
        buttons=["fullscreen"],
    )
    put.click(
        lambda photo: {
            "background": photo if photo is None else images.fit(photo, FINEST),
            "layers": [],
            "composite": None,
        },
        content,
        drawing,
        **QUIET,
    )
    return more, drawing
