"""The tab: a photo in, a drawing out, stroke by stroke."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import ImageInput
from triptych_sketch.manners import LONGEST, MANNERS, SHORTEST

EXAMPLE = Path(__file__).with_name("still_life.jpg")


def build(backend: Any) -> None:
    """Write the tab's components; ``backend`` is the proxy of a SketchBackend."""
    with gr.Row():
        with gr.Column():
            photo = ImageInput(label="Photo", height=340)
            manner = gr.Radio(
                [(each.title, name) for name, each in MANNERS.items()],
                value="pencil",
                label="Manner",
            )
            with gr.Accordion("More", open=False):
                size = gr.Slider(
                    SHORTEST, LONGEST, 900, step=50, label="Long side of the sheet", info="pixels"
                )
                seed = gr.Number(
                    0, label="Seed", info="another hand draws other strokes", precision=0
                )
            with gr.Row():
                start = gr.Button("Draw", variant="primary")
                stop = gr.Button("Stop")
                quick = gr.Button("Outlines only")
            gr.Examples([[str(EXAMPLE)]], [photo])
        with gr.Column():
            sheet = gr.Image(label="Drawing", format="jpeg", interactive=False)
            progress = gr.Markdown()

    def draw(
        picture: np.ndarray | None, manner: str, long_side: float, seed: float
    ) -> Iterator[tuple[Any, str]]:
        """Draw a photo: the sheet so far, again and again, and how far it is.

        Manner: pencil, charcoal, ink or colours. Long side of the sheet: 300 to 1600 pixels.
        The same seed gives the same drawing.
        """
        chosen = _given(picture)
        text = ""
        for frame in backend.draw(
            chosen, manner, _whole(long_side, "long side"), _whole(seed, "seed")
        ):
            text = f"{frame.strokes:,} strokes"
            yield frame.picture, f"{text} · {frame.share:.0%}"
            if frame.share == 1:
                yield gr.skip(), text
                return
        yield gr.skip(), f"{text} · stopped" if text else "Stopped."

    def outline(picture: np.ndarray | None) -> tuple[np.ndarray, str]:
        """The outlines of a photo, at once."""
        return backend.outline(_given(picture)), "Outlines"

    def cancel() -> None:
        backend.cancel()

    start.click(
        draw,
        [photo, manner, size, seed],
        [sheet, progress],
        api_name="sketch_draw",
        show_progress="hidden",
    )
    quick.click(outline, photo, [sheet, progress], api_name="sketch_outline")
    stop.click(cancel, queue=False, api_visibility="private")


def _given(picture: np.ndarray | None) -> np.ndarray:
    if picture is None:
        raise UserError("Please give a photo.")
    return picture


def _whole(value: float | None, what: str) -> int:
    if value is None or not float(value).is_integer():  # an API client may send NaN
        raise UserError(f"The {what} is a whole number.")
    return int(value)
