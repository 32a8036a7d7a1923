"""Draw handwritten digits with the shipped generator, and walk between them."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from plugins.gan.components import PICTURE
from plugins.gan.results import WalkResult

DIGITS = [str(digit) for digit in range(10)]
FRAME_MS = 80


def build(backend: Any, first_picture: Path) -> None:
    """first_picture: what the default controls give, shown before the worker is ready."""
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            digits = gr.Dropdown(
                ["all", *DIGITS],
                value="all",
                allow_custom_value=True,
                label="Digits",
                info="All ten, one of them, or type a number such as 2024.",
            )
            with gr.Row():
                seed = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=100)
                another = gr.Button("Another seed", min_width=100)
            count = gr.Slider(
                1,
                36,
                value=6,
                step=1,
                label="How many",
                info="Of one digit; of several, how many rows. One row, one handwriting.",
            )
            truncation = gr.Slider(
                0.1,
                4.0,
                value=2.0,
                step=0.1,
                label="Variety (truncation)",
                info="How far from the average the random numbers may go: low is neat and alike, "
                "high is varied and sometimes wrong.",
            )
            draw = gr.Button("Generate", variant="primary")
        with gr.Column(scale=2, min_width=320):
            grid = gr.Image(
                str(first_picture) if first_picture.is_file() else None,
                label="Digits that nobody wrote",
                elem_id="gan-grid",
                **PICTURE,
            )
    gr.Markdown(
        "A class-conditional DCGAN trained on 8,000 MNIST digits; its model card is "
        "`assets/gan/digits.md`. The same seed gives the same random numbers on every machine; "
        "pictures agree but for rounding."
    )

    def gan_generate(
        digits: str = "all", seed: float = 0, count: float = 6, truncation: float = 2.0
    ) -> np.ndarray:
        """Draw handwritten digits with the shipped class-conditional generator.

        Args:
            digits: "all", one digit, or a number of up to 12 digits.
            seed: 0 to 4294967295; the same seed draws the same random numbers.
            count: how many of one digit, or how many rows of several; 1 to 36, and at most 144
                pictures.
            truncation: 0.1 to 4 standard deviations; low is neat, high is varied.

        Returns:
            One picture with all the digits.
        """
        picture: np.ndarray = backend.generate(digits, seed, count, truncation)
        return picture

    gr.on(
        [draw.click, digits.change, seed.change, count.change, truncation.change],
        gan_generate,
        [digits, seed, count, truncation],
        grid,
        api_name="gan_generate",
        trigger_mode="always_last",
        show_progress="minimal",
    )
    another.click(lambda: secrets.randbelow(100_000), None, seed, queue=False, **_PRIVATE)
    _build_walk(backend)


def _build_walk(backend: Any) -> None:
    gr.Markdown("### From one digit to another")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            with gr.Row():
                digit_from = gr.Dropdown(DIGITS, value="3", label="From", min_width=80)
                seed_from = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=80)
            with gr.Row():
                digit_to = gr.Dropdown(DIGITS, value="8", label="To", min_width=80)
                seed_to = gr.Number(1, precision=0, minimum=0, label="Seed", min_width=80)
            frames = gr.Slider(
                2, 60, value=32, step=1, label="Steps on the way", info="Frames of the animation."
            )
            walk = gr.Button("Walk", variant="primary")
        with gr.Column(scale=2, min_width=320):
            strip = gr.Image(label="The way", **PICTURE)
            film = gr.Image(
                label="Animation (GIF)",
                type="filepath",
                height=220,
                **{**PICTURE, "format": "gif"},
            )

    def gan_walk(
        digit_from: str = "3",
        seed_from: float = 0,
        digit_to: str = "8",
        seed_to: float = 1,
        frames: float = 32,
    ) -> Iterator[tuple[np.ndarray, str]]:
        """Walk through the latent space, from one digit and seed to another.

        Args:
            digit_from: the first digit, 0 to 9.
            seed_from: the first seed.
            digit_to: the last digit, 0 to 9.
            seed_to: the last seed.
            frames: 2 to 60 pictures on the way.

        Returns:
            The way as one picture, and as an animated GIF there and back.
        """
        result: WalkResult = backend.walk(digit_from, digit_to, seed_from, seed_to, frames)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "walk.gif"
            save_gif(result.frames, path)
            yield result.strip, str(path)  # copied by Gradio before the folder goes

    walk.click(
        gan_walk,
        [digit_from, seed_from, digit_to, seed_to, frames],
        [strip, film],
        api_name="gan_walk",
        show_progress="minimal",
    )


def save_gif(frames: np.ndarray, path: Path) -> None:
    """frames: RGB uint8 (N, H, W, 3); played there and back, for ever."""
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures += pictures[-2:0:-1]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=FRAME_MS, loop=0)


_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
