"""The Faces tab: one model for all its sub-tabs, what it is, and the sub-tabs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET, download_bar
from plugins.face.evaluation import tab as evaluation_tab
from plugins.face.learning import pairs_tab
from plugins.face.learning import tab as learning_tab
from plugins.face.models import AUTO, BY_NAME, MODELS, OFFLINE, FaceModel
from plugins.face.recognition import tab as recognition_tab
from plugins.face.verification import tab as verification_tab


def build(backend: Any) -> None:
    """Writes the tab. ``backend``: the :class:`plugins.face.backend.FaceBackend`, by proxy."""
    head = gr.State(None)  # trained in Learn, used in Verify
    with gr.Row():
        with gr.Column(scale=1):
            model = gr.Dropdown(
                [
                    ("Published, else offline", AUTO),
                    *((model.title, model.name) for model in MODELS),
                ],
                value=AUTO,
                label="Model",
                filterable=False,
            )
        with gr.Column(scale=3):
            about = gr.HTML(_about(BY_NAME[OFFLINE], True))
    with gr.Accordion("Get the published weights", open=False):
        gr.Markdown(
            "The FaceNet models are published separately (about 90 MB each). Without them the "
            "offline model answers."
        )
        fetch = gr.Button("Get the published weights")
        fetched = gr.HTML()
    with gr.Tabs():
        with gr.Tab("Verify") as opened:
            threshold, use_head = verification_tab.build(backend, model, head, opened)
        with gr.Tab("Recognise"):
            known_up_to = recognition_tab.build(backend, model)
        with gr.Tab("Learn"):
            learning_tab.build(backend, model, head, use_head)
        with gr.Tab("Classify pairs"):
            pairs_tab.build(backend, model)
        with gr.Tab("Evaluate"):
            evaluation_tab.build(backend, model)

    def describe(model: str | None) -> str:
        """What there is to know about the chosen model."""
        statuses = {status.name: status for status in backend.models()}
        active = next((name for name, status in statuses.items() if status.active), OFFLINE)
        info = BY_NAME.get(model or AUTO, BY_NAME[active])
        return _about(info, statuses[info.name].ready)

    gr.on(None, describe, model, about, **QUIET)
    # Distances of another model mean something else: back to that model's own threshold.
    model.input(
        lambda: (0.0, 0.0),
        None,
        [threshold, known_up_to],
        **QUIET,
    )

    def get_weights(model: str | None) -> Iterator[Any]:
        """Downloads the chosen model's weights, or the first model's, showing a bar.

        The model's description changes only when that succeeds.
        """
        name = model if model in BY_NAME and model != OFFLINE else MODELS[0].name
        title = BY_NAME[name].title
        try:
            for progress in backend.fetch_weights(name):
                yield download_bar(title, progress), gr.skip()
        except UserError as error:
            yield f'<span role="alert">{escape(str(error))}</span>', gr.skip()
            return
        yield f"{title} is ready.", describe(model)

    fetch.click(get_weights, model, [fetched, about], api_visibility="private")


def _about(model: FaceModel, ready: bool) -> str:
    """What a visitor should know of a model before using it."""
    state = "" if ready else " <b>Its weights are not on this machine yet.</b>"
    return (
        f"<small><b>{model.title}</b>: {model.quality}{state}<br>"
        f"Source: {model.source}. Licence: {model.licence}.</small>"
    )
