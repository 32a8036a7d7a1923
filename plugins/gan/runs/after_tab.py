"""What to do with the two networks of a run: draw, judge, measure, save, go on with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import QUIET, ImageInput, give
from plugins.gan.components import PICTURE
from plugins.gan.evaluation.words import report_html
from plugins.gan.runs import opinion_view, own_files
from plugins.gan.runs.results import Opinion
from plugins.gan.runs.run import Run

NAME = "gan-run.safetensors"


def build(backend: Any, run: gr.State, files: gr.File, shown: list[Any], runs: list[Any]) -> None:
    """Writes the parts below a run.

    run: holds a :class:`Run`. files: the visitor's own pictures. shown: the components that show
    the run, as the Train page's events fill them. runs: the events that fill ``run``.
    """
    gr.Markdown("### And then? What the two networks are good for")
    with gr.Row():
        with gr.Column(min_width=280):
            _draw(backend, run)
        with gr.Column(min_width=280):
            _critic(backend, run, files)
    with gr.Accordion("Measure it", open=False):
        _measure(backend, run, files)
    with gr.Accordion("Save it, open it", open=False):
        _save(backend, run, shown, runs)


def trained(run: Run | None) -> bytes:
    """The state of the visitor's run. Raises UserError where there is none."""
    if run is None or run.state is None:
        raise UserError("Train a network above first, for a few seconds at least.")
    return run.state


def _draw(backend: Any, run: gr.State) -> None:
    gr.Markdown("**The generator draws.** A conditional one draws the number you type.")
    with gr.Row():
        number = gr.Textbox("2026", label="Number", min_width=90, max_length=12)
        seed = gr.Number(1, precision=0, minimum=0, label="Seed", min_width=90)
    button = gr.Button("Draw")
    said = gr.Markdown()
    picture = gr.Image(label="Drawn", elem_id="gan-number", **PICTURE)

    def draw_number(run: Run | None, number: str, seed: float) -> tuple[str, np.ndarray]:
        drawn: np.ndarray = backend.draw(trained(run), number, seed)
        if run is not None and run.settings.conditional:
            return "", drawn
        return "This run has no classes, so it draws what it likes, and no number.", drawn

    gr.on(
        [button.click, number.submit],
        draw_number,
        [run, number, seed],
        [said, picture],
        api_visibility="private",
        show_progress="minimal",
    )


def _critic(backend: Any, run: gr.State, files: gr.File) -> None:
    gr.Markdown("**The discriminator as critic.** Drop any picture: how real does it look to D?")
    picture = ImageInput(label="Any picture", height=160, elem_id="gan-critic")
    button = gr.Button("Ask D")
    said = gr.HTML(label="Opinion", elem_id="gan-opinion")

    def judge(run: Run | None, picture: np.ndarray | None, files: list[str] | None) -> str:
        if picture is None:
            return ""
        opinion: Opinion = backend.critic(trained(run), picture, _files(run, files))
        return opinion_view.html(opinion)

    gr.on(
        [picture.change, button.click],
        judge,
        [run, picture, files],
        said,
        api_visibility="private",
        show_progress="minimal",
    )


def _files(run: Run | None, files: list[str] | None) -> list[bytes]:
    return own_files.of(run, files) if run is not None else []


def _measure(backend: Any, run: gr.State, files: gr.File) -> None:
    gr.Markdown(
        "Against real pictures that this run never saw, in the features of a small classifier "
        "trained on the same data. About half a minute."
    )
    with gr.Row():
        button = gr.Button("Measure")
        stop = gr.Button("Stop measuring", variant="stop")
    how_far = gr.Markdown()
    table = gr.HTML(label="Measures", elem_id="gan-measures")

    def measure(run: Run | None, files: list[str] | None) -> Iterator[tuple[str, str]]:
        state = trained(run)
        done = False
        for step in backend.measure(state, _files(run, files)):
            done = not isinstance(step, str)
            yield ("", report_html(step)) if done else (step, "")
        if not done:
            yield "Stopped.", ""

    button.click(measure, [run, files], [how_far, table], **QUIET)
    stop.click(lambda: backend.cancel("measure"), None, None, queue=False, **QUIET)


def _save(backend: Any, run: gr.State, shown: list[Any], runs: list[Any]) -> None:
    gr.Markdown(
        "Both networks, the moving average, the optimisers and the random numbers, as one "
        "safetensors file: **Go on** continues from it exactly, here or on another day. Your own "
        "pictures are not in it: choose them again before you go on."
    )
    with gr.Row():
        save = gr.DownloadButton("Save this run", interactive=False, elem_id="gan-save")
        opened = gr.UploadButton("Open a saved run", file_types=[".safetensors"])

    def offer(run: Run | None) -> gr.DownloadButton:
        if run is None or run.state is None:
            return gr.DownloadButton(interactive=False)
        return gr.DownloadButton(value=give(save, run.state, NAME), interactive=True)

    def open_run(path: str | None) -> tuple[Any, ...]:
        if path is None:
            raise UserError("Please choose the file of a run.")
        data = Path(path).read_bytes()
        settings, step = backend.read_run(data)
        said = f"A run of {step:,} steps is open: draw with it, or press **Go on**."
        run = Run(settings, state=data, state_step=step)
        return said, None, "", "", "", run, gr.Slider(interactive=False), None

    for event in runs:
        event.then(offer, run, save, **QUIET)
        event.failure(offer, run, save, **QUIET)
    opened.upload(open_run, opened, shown, **QUIET).then(offer, run, save, **QUIET)
