"""The style tab: the networks, and the sub-tabs that paint and that explain."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET, download_bar
from plugins.style.inside import tab as inside_tab
from plugins.style.models import BY_NAME, MODELS
from plugins.style.painting import tab as painting_tab


def build(backend: Any) -> None:
    """Write the tab's components; ``backend`` is the proxy of a StyleBackend."""
    with gr.Tabs():
        with gr.Tab("Paint") as opened:
            painting_tab.build(backend, opened)
        with gr.Tab("Inside the network"):
            inside_tab.build(backend)
        with gr.Tab("Networks"):
            _networks(backend)


def _networks(backend: Any) -> None:
    published = [model for model in MODELS if model.weights is not None]
    lines = [f"- **{model.title}**: {model.about}" for model in MODELS]
    gr.Markdown("\n".join(lines))
    with gr.Row():
        which = gr.Dropdown(
            [
                (f"{model.title} ({model.weights.size / 1e6:.0f} MB)", model.name)
                for model in published
                if model.weights is not None
            ],
            value=published[0].name,
            label="Published weights",
            info="downloaded only when you press the button, and checked by their hash",
        )
        fetch = gr.Button("Get the published weights")
    weights = gr.HTML()

    def fetch_weights(name: str) -> Iterator[str]:
        """Download a network's published weights."""
        model = BY_NAME.get(name)
        title = model.title if model else name
        try:
            for progress in backend.fetch_weights(name):
                yield download_bar(title, progress)
        except UserError as error:
            yield f'<span role="alert">{escape(str(error))}</span>'
            return
        ready = any(status.ready for status in backend.models() if status.name == name)
        yield (
            f"The published weights are here: {title} is ready."
            if ready
            else "The published weights are not on this machine; the embedded network answers."
        )

    fetch.click(fetch_weights, which, weights, **QUIET)
