"""Verify (1:1): two pictures in, "same person" or "different people" out, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.shipped import shipped
from host.ui import QUIET, ImageInput, put_examples
from plugins.face.learning import Head
from plugins.face.models import AUTO, BY_NAME, FaceModel, named, with_head
from plugins.face.verification.siamese import siamese_svg
from plugins.face.verification.verdict import verdict_html

ASSETS = shipped("assets", "face")
EXAMPLES = (
    ("anna_1.jpg", "anna_2.jpg"),
    ("clara_1.jpg", "clara_2.jpg"),
    ("anna_2.jpg", "bruno_1.jpg"),
)
EXPLAINED = (
    "Parts of the first face are hidden one after another. **Red**: hiding it moves the two faces "
    "apart, so it spoke for *same*. **Blue**: hiding it brings them nearer. (Occlusion "
    "sensitivity: Zeiler and Fergus, ECCV 2014.)"
)


def build(
    backend: Any, model: gr.Dropdown, head: gr.State, opened: gr.Tab
) -> tuple[gr.Slider, gr.Checkbox]:
    """Writes the sub-tab.

    opened: the sub-tab; whoever opens it for the first time sees an example answered.

    Returns its threshold, which another model makes meaningless, and whether to use the head.
    """
    gr.Markdown(
        "Are these two pictures of **the same person**? Faces and their encodings are not kept; "
        "uploads are deleted when you leave."
    )
    with gr.Row():
        first = ImageInput(label="First picture", height=300)
        second = ImageInput(label="Second picture", height=300)
    with gr.Row():
        compare = gr.Button("Verify", variant="primary")
        explain = gr.Button("Which part of the face decided?")
        stop = gr.Button("Stop")
    with gr.Row():
        with gr.Column(scale=3):
            verdict = gr.HTML("The answer appears here.", label="Verdict")
            pairs = [[str(ASSETS / name) for name in pair] for pair in EXAMPLES]
            # What a visitor does of their own ends the example that is being answered.
            own = [compare.click, explain.click, first.input, second.input]
            drawn = gr.Examples(
                pairs, [first, second], cache_examples=False, label="Examples (drawn faces)"
            )
            own.append(drawn.dataset.click)
        with gr.Column(scale=2):
            threshold = gr.Slider(
                0.0,
                2.0,  # unit vectors, as a head makes them, are no further apart
                value=0.0,
                step=0.005,
                label="Threshold",
                info="Distances up to this count as the same person. At 0 the threshold is the "
                "model's own.",
            )
            use_head = gr.Checkbox(
                False, label="Use the head trained in Learn", info="Its Use button ticks this."
            )
    siamese = gr.HTML()
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
        with gr.Column():
            decisive = gr.Image(label="What decided, on the first face", **shown)
            gr.Markdown(EXPLAINED)
    facts = gr.JSON(label="Facts", visible=False)  # for programs
    decided = gr.State(None)  # (model, distance, notes) of the last answer

    def face_verify(
        first: np.ndarray | None,
        second: np.ndarray | None,
        threshold: float = 0.0,
        model: str = AUTO,
        use_head: bool = False,
        head: Head | None = None,
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
            use_head: put the head trained in Learn in this session on the encodings.

        Returns:
            The verdict as HTML; the Siamese picture as HTML; both pictures with the faces marked;
            and the facts: same (true or false), distance, threshold, probability that it is one
            person (null where the model is not calibrated), model, notes.
        """
        _both(first, second)
        name, chosen = _choice(model, use_head, head)
        (result,) = backend.verify([first], [second], threshold or None, name, chosen)
        info = BY_NAME[result.model] if chosen is None else with_head(BY_NAME[result.model], chosen)
        return (
            verdict_html(info, result.distance, result.threshold, result.notes),
            siamese_svg(
                (result.first_crop, result.second_crop),
                (result.first_encoding, result.second_encoding),
                info.title,
                result.distance,
            ),
            result.first,
            result.second,
            {
                "same": result.same,
                "distance": round(result.distance, 4),
                "threshold": result.threshold,
                "probability": result.probability and round(result.probability, 4),
                "model": result.model,
                "notes": list(result.notes),
            },
            (info, result.distance, result.notes),
        )

    asked = [first, second, threshold, model, use_head, head]
    answered = [verdict, siamese, first_marked, second_marked, facts, decided]
    compare.click(face_verify, asked, answered, api_name="face_verify")

    examples = zip((first, second), (ASSETS / name for name in EXAMPLES[0]), strict=True)
    put_examples(opened, list(examples), face_verify, asked[2:], answered, ended_by=own)

    def face_explain(
        first: np.ndarray | None,
        second: np.ndarray | None,
        model: str = AUTO,
        use_head: bool = False,
        head: Head | None = None,
    ) -> Iterator[np.ndarray]:
        """Shows which parts of the first face decided: its crop, coloured more and more finely.

        Args:
            first: a picture with a face, of which parts are hidden.
            second: the picture it is compared with.
            model, use_head: as in face_verify.
        """
        _both(first, second)
        name, chosen = _choice(model, use_head, head)
        yield from backend.explain(first, second, name, chosen)

    explain.click(
        face_explain,
        [first, second, model, use_head, head],
        decisive,
        api_name="face_explain",
    )
    # Distances under a head mean something else: back to its own threshold, or the model's.
    use_head.change(lambda: 0.0, None, threshold, **QUIET)
    stop.click(lambda: backend.cancel("verify", "explain"), None, None, queue=False, **QUIET)

    def decide(threshold: float, decided: tuple[FaceModel, float, tuple[str, ...]] | None) -> Any:
        """Re-decides from the known distance; the networks do not run again."""
        if decided is None:
            return gr.skip()
        model, distance, notes = decided
        return verdict_html(model, distance, model.limit(threshold or None), notes)

    threshold.input(
        decide,
        [threshold, decided],
        verdict,
        **QUIET,
        trigger_mode="always_last",
    )
    return threshold, use_head


def _choice(model: str, use_head: bool, head: Head | None) -> tuple[str | None, Head | None]:
    """The model and the head to use. Raises UserError where there is no head."""
    if not use_head:
        return named(model), None
    if head is None:
        raise UserError("There is no head yet: train one in Learn and press its Use button.")
    return head.model if model == AUTO else named(model), head


def _both(first: np.ndarray | None, second: np.ndarray | None) -> None:
    if first is None and second is None:
        raise UserError("Please add two pictures to compare.")
    if first is None or second is None:
        missing = "first" if first is None else "second"
        raise UserError(f"Please add the {missing} picture too.")
