"""Pictures from the shipped generators, and walks between them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import QUIET, give
from plugins.gan.components import PICTURE
from plugins.gan.generation import view
from plugins.gan.generation.results import NearestSheet, WalkResult
from plugins.gan.models import SHIPPED, Shipped

DIGITS = [str(digit) for digit in range(10)]
TRUNCATION = 2.0


def build(backend: Any) -> None:
    """Writes the sub-tab."""
    first = SHIPPED["digits"]
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            kind = gr.Radio(
                [(each.title, each.name) for each in SHIPPED.values()],
                value=first.name,
                label="Pictures of",
            )
            digits = gr.Dropdown(
                ["all", *DIGITS],
                value="all",
                allow_custom_value=True,
                label="Digits",
                info="All ten, one of them, or type a number such as 2026.",
            )
            with gr.Row():
                seed = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=100)
                another = gr.Button("Another seed", min_width=100)
            count = gr.Slider(
                1,
                36,
                value=first.count,
                step=1,
                label="How many",
                info="Of one digit or of portraits; of several digits, how many rows.",
            )
            truncation = gr.Slider(
                0.1,
                4.0,
                value=TRUNCATION,
                step=0.1,
                label="Variety (truncation)",
                info="How far from the average the random numbers may go: low is neat and alike, "
                "high is varied and sometimes wrong.",
            )
            button = gr.Button("Generate", variant="primary")
        with gr.Column(scale=2, min_width=320):
            grid = gr.Image(
                str(first.sheet) if first.sheet.is_file() else None,
                label="Pictures that nobody made",
                elem_id="gan-grid",
                **PICTURE,
            )
            about = gr.Markdown(_about(first.name))

    def gan_generate(
        digits: str = "all",
        seed: float = 0,
        count: float = 6,
        truncation: float = TRUNCATION,
        kind: str = "digits",
    ) -> np.ndarray:
        """Draw pictures that nobody made, with a generator that comes with Triptych.

        Args:
            digits: "all", one digit, or a number of up to 12 digits; only for digits.
            seed: 0 to 4294967295; the same seed draws the same random numbers.
            count: how many of one digit or of portraits, or how many rows of several digits; at
                most 144 pictures.
            truncation: 0.1 to 4 standard deviations; low is neat, high is varied.
            kind: "digits" or "portraits".

        Returns:
            One picture with all of them.
        """
        picture: np.ndarray = backend.generate(digits, seed, count, truncation, kind)
        return picture

    controls = [digits, seed, count, truncation, kind]
    gr.on(
        [button.click, *(each.change for each in controls)],
        gan_generate,
        controls,
        grid,
        api_name="gan_generate",
        trigger_mode="always_last",
        show_progress="minimal",
    )
    another.click(lambda: secrets.randbelow(100_000), None, seed, queue=False, **QUIET)
    of_digits = _build_walk(backend, kind, truncation)
    _build_neighbours(backend, controls)
    kind.change(
        lambda name: (
            *[gr.update(visible=name == "digits")] * (1 + len(of_digits)),
            _chosen(name).count,
            _chosen(name).truncation,
            _about(name),
        ),
        kind,
        [digits, *of_digits, count, truncation, about],
        queue=False,
        **QUIET,
    )


def _chosen(name: str | None) -> Shipped:
    if name not in SHIPPED:
        raise UserError("Please choose what to draw.")
    return SHIPPED[name]


def _about(name: str) -> str:
    return (
        f"{_chosen(name).about} The same seed gives the same random numbers on every machine; "
        "pictures agree but for rounding."
    )


def _build_walk(backend: Any, kind: gr.Radio, truncation: gr.Slider) -> list[Any]:
    """Returns the controls that only digits have."""
    gr.Markdown("### From one to another")
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            with gr.Row():
                digit_from = gr.Dropdown(DIGITS, value="3", label="From", min_width=80)
                seed_from = gr.Number(0, precision=0, minimum=0, label="From seed", min_width=80)
            with gr.Row():
                digit_to = gr.Dropdown(DIGITS, value="8", label="To", min_width=80)
                seed_to = gr.Number(1, precision=0, minimum=0, label="To seed", min_width=80)
            through_all = gr.Checkbox(
                False,
                label="Through all ten digits",
                info="From 0 to 9; with the same seed twice, in one handwriting.",
            )
            frames = gr.Slider(
                2, 60, value=32, step=1, label="Steps on the way", info="Frames of the animation."
            )
            button = gr.Button("Walk", variant="primary")
        with gr.Column(scale=2, min_width=320):
            strip = gr.Image(label="The way", elem_id="gan-way", **PICTURE)
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
        through_all: bool = False,
        truncation: float = TRUNCATION,
        kind: str = "digits",
    ) -> tuple[np.ndarray, str]:
        """Walk through the latent space, from one seed and digit to another.

        Args:
            digit_from: the first digit, 0 to 9; only for digits.
            seed_from: the first seed.
            digit_to: the last digit, 0 to 9; only for digits.
            seed_to: the last seed.
            frames: 2 to 60 pictures on the way.
            through_all: pass every digit from 0 to 9 in place of the two.
            truncation: 0.1 to 4 standard deviations.
            kind: "digits" or "portraits".

        Returns:
            The way as one picture, and as an animated GIF there and back.
        """
        result: WalkResult = backend.walk(
            digit_from, digit_to, seed_from, seed_to, frames, truncation, kind, through_all
        )
        return result.strip, give(film, view.gif(result.frames), "walk.gif")

    button.click(
        gan_walk,
        [digit_from, seed_from, digit_to, seed_to, frames, through_all, truncation, kind],
        [strip, film],
        api_name="gan_walk",
        show_progress="minimal",
    )
    return [digit_from, digit_to, through_all]


def _build_neighbours(backend: Any, controls: list[Any]) -> None:
    with gr.Accordion("Is it copying?", open=False):
        gr.Markdown(
            "Each generated picture, and below it the three training pictures nearest to it. A "
            "generator that had learnt its training pictures by heart would show them again."
        )
        button = gr.Button("Find the nearest training pictures")
        said = gr.Markdown()
        sheet = gr.Image(label="Nearest training pictures", elem_id="gan-nearest", **PICTURE)

    def gan_nearest(
        digits: str = "all",
        seed: float = 0,
        count: float = 6,
        truncation: float = TRUNCATION,
        kind: str = "digits",
    ) -> Iterator[tuple[str, Any]]:
        """Generated pictures above the training pictures that are nearest to them.

        Args:
            digits: as for gan_generate.
            seed: as for gan_generate.
            count: as for gan_generate; at most 12 pictures are compared.
            truncation: as for gan_generate.
            kind: "digits"; of the portraits the training pictures cannot be had again.

        Returns:
            What was found, in words, and a sheet: a column for each picture, its neighbours below.
        """
        for step in backend.nearest(digits, seed, count, truncation, kind):
            if isinstance(step, NearestSheet):
                yield view.words(step), step.sheet
            else:
                yield f"Fetching the training pictures: {step.done / 1e6:.1f} MB", gr.skip()

    button.click(
        gan_nearest, controls, [said, sheet], api_name="gan_nearest", show_progress="minimal"
    )
