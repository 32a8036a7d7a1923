"""The Faces tab: two pictures in, "same person" or "different people" out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import ImageInput, download_bar
from plugins.face.models import BY_NAME, MODELS, OFFLINE
from plugins.face.verdict import about_html, verdict_html

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "face"
AUTO = "auto"
EXAMPLES = (
    ("anna_1.jpg", "anna_2.jpg"),
    ("clara_1.jpg", "clara_2.jpg"),
    ("anna_2.jpg", "bruno_1.jpg"),
)


def build(backend: Any) -> None:
    """Writes the tab. ``backend``: the :class:`plugins.face.backend.FaceBackend`, by proxy."""
    gr.Markdown(
        "Are these two pictures of **the same person**? Faces and their encodings are not kept; "
        "uploads wait in a temporary folder of the server for 70 minutes at most."
    )
    with gr.Row():
        first = ImageInput(label="First picture", height=300)
        second = ImageInput(label="Second picture", height=300)
    compare = gr.Button("Verify", variant="primary")
    with gr.Row():
        with gr.Column(scale=3):
            verdict = gr.HTML("The answer appears here.", label="Verdict")
            pairs = [[str(ASSETS / name) for name in pair] for pair in EXAMPLES]
            if all(Path(path).is_file() for pair in pairs for path in pair):
                gr.Examples(
                    pairs, [first, second], cache_examples=False, label="Examples (drawn faces)"
                )
        with gr.Column(scale=2):
            model = gr.Dropdown(
                [
                    ("Published weights if here, else offline", AUTO),
                    *((model.title, model.name) for model in MODELS),
                ],
                value=AUTO,
                label="Model",
                filterable=False,
            )
            threshold = gr.Slider(
                0.0,
                max(model.furthest for model in MODELS),
                value=0.0,
                step=0.005,
                label="Threshold",
                info="Distances up to this count as the same person. At 0 the threshold is the "
                "model's own.",
            )
            about = gr.HTML(about_html(BY_NAME[OFFLINE], True))
    with gr.Row():
        # No share button: it would publish the picture.
        shown: dict[str, Any] = {
            "format": "png",
            "interactive": False,
            "buttons": ["fullscreen"],
            "height": 260,
        }
        first_marked = gr.Image(label="First", **shown)
        second_marked = gr.Image(label="Second", **shown)
        first_crop = gr.Image(label="First, aligned", **shown)
        second_crop = gr.Image(label="Second, aligned", **shown)
    facts = gr.JSON(label="Facts", visible=False)  # for programs
    decided = gr.State(None)  # (model, distance, notes) of the last answer

    with gr.Accordion("Get the published weights", open=False):
        gr.Markdown(
            "The FaceNet models are published separately (about 90 MB each). Without them the "
            "offline model answers."
        )
        fetch = gr.Button("Get the published weights")
        fetched = gr.HTML()

    def face_verify(
        first: np.ndarray | None,
        second: np.ndarray | None,
        threshold: float = 0.0,
        model: str = AUTO,
    ) -> tuple[Any, ...]:
        """Tells whether two pictures show the same person.

        Finds the faces, aligns them, encodes each as a list of numbers by a neural network and
        compares the Euclidean distance between the two with a threshold. With several faces in a
        picture, the biggest near the middle is used.

        Args:
            first: a picture with a face.
            second: another picture with a face.
            threshold: distance up to which the faces count as the same person; 0 for the
                model's own.
            model: "facenet-512", "facenet-128", "offline", or "auto" for the first of them whose
                weights are on the server.

        Returns:
            The verdict as HTML; both pictures with the faces marked; both aligned faces; and the
            facts: same (true or false), distance, threshold, probability that it is one person
            (null where the model is not calibrated), model, notes.
        """
        if first is None and second is None:
            raise UserError("Please add two pictures to compare.")
        if first is None or second is None:
            missing = "first" if first is None else "second"
            raise UserError(f"Please add the {missing} picture too.")
        result = backend.verify(first, second, threshold or None, None if model == AUTO else model)
        return (
            verdict_html(BY_NAME[result.model], result.distance, result.threshold, result.notes),
            result.first,
            result.second,
            result.first_crop,
            result.second_crop,
            {
                "same": result.same,
                "distance": round(result.distance, 4),
                "threshold": result.threshold,
                "probability": result.probability and round(result.probability, 4),
                "model": result.model,
                "notes": list(result.notes),
            },
            (result.model, result.distance, result.notes),
        )

    compare.click(
        face_verify,
        [first, second, threshold, model],
        [
            verdict,
            first_marked,
            second_marked,
            first_crop,
            second_crop,
            facts,
            decided,
        ],
        api_name="face_verify",
    )

    def decide(threshold: float, decided: tuple[str, float, tuple[str, ...]] | None) -> Any:
        """Re-decides from the known distance; the networks do not run again."""
        if decided is None:
            return gr.skip()
        name, distance, notes = decided
        model = BY_NAME[name]
        return verdict_html(model, distance, model.limit(threshold or None), notes)

    threshold.input(
        decide,
        [threshold, decided],
        verdict,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )

    def describe(model: str | None) -> str:
        """What there is to know about the chosen model."""
        statuses = {status.name: status for status in backend.models()}
        active = next((name for name, status in statuses.items() if status.active), OFFLINE)
        info = BY_NAME.get(model or AUTO, BY_NAME[active])
        return about_html(info, statuses[info.name].available)

    gr.on(None, describe, model, about, api_visibility="private", show_progress="hidden")
    # Distances of another model mean something else: back to that model's own threshold.
    model.input(lambda: 0.0, None, threshold, api_visibility="private", show_progress="hidden")

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
