"""Watch an encoder, or a head on a face model, learn by the triplet loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET
from plugins.face.learning import CompareStep, Head, TripletStep, Working
from plugins.face.learning.controls import DEFAULTS, run_inputs, triplet_settings
from plugins.face.learning.source_input import DIGITS, read_archive
from plugins.face.learning.view import COLOURS, Shown, comparing, ending, progress, show
from plugins.face.models import named

LOSS_TEXT = """
**The loss**: Σ [ ‖f(a) − f(p)‖² − ‖f(a) − f(n)‖² + margin ]₊ with ‖f(x)‖ = 1
(Schroff, Kalenichenko & Philbin, *FaceNet*, CVPR 2015, eq. 1-3), here as a mean over a batch's
anchor-positive pairs. Anchor *a* and positive *p* show one person, negative *n* another.
*Semi-hard* takes the nearest *n* that is further than *p* (eq. 4); *hardest* the nearest of all,
which can collapse every encoding to one point; *random* any, and most soon teach nothing.
Of digits, seven classes teach too little: their turned and mirrored copies are trained as classes
of their own (a 9 turned is nearly a 6, which helps where the 6 is held out).
"""

FIGURES_TEXT = """
*right, best*: at the threshold that is best for these very pairs; *right, theirs*: at the one that
is best for the people trained on, which is all one has before new people come.
"""

_MAP: dict[str, Any] = {
    "x": "x",
    "y": "y",
    "color": "colour",
    "color_title": " ",
    "tooltip": ["who", "held out"],
    "height": 320,
}


def build(backend: Any, model: gr.Dropdown, head: gr.State, use_head: gr.Checkbox) -> None:
    """Writes the sub-tab.

    model: the face model to put a head on. head, use_head: what Verify uses, and whether.
    """
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            run = run_inputs()
            with gr.Row():
                start = gr.Button("Train", variant="primary", min_width=100)
                stop = gr.Button("Stop", variant="stop", min_width=100)
            compare = gr.Button("Compare with a classifier")
        with gr.Column(scale=2, min_width=320):
            status = gr.Markdown(
                "Press **Train**. Pictures you add are forgotten when the run ends.", label="Status"
            )
            gr.Markdown(
                "Left: the **loss** (blue) and the **share of active triplets** (orange). Right: "
                "the distance to **the same person**, d(a, p) (green), and to **another**, "
                "d(a, n) (red), which move apart."
            )
            with gr.Row():
                losses = gr.LinePlot(
                    x="step",
                    y="value",
                    color="of",
                    color_title=" ",
                    color_map=COLOURS,
                    label="Loss and active triplets",
                    height=260,
                )
                distances = gr.LinePlot(
                    x="step",
                    y="distance",
                    color="to",
                    color_title=" ",
                    color_map=COLOURS,
                    label="Mean distances in the triplets",
                    height=260,
                )
            gr.Markdown(
                "**Maps**: each dot is a picture, at the two main directions (PCA) of all "
                "encodings. *(new)* marks people never trained on."
            )
            with gr.Row():
                before = gr.ScatterPlot(label="Before: the inputs as they are", **_MAP)
                after = gr.ScatterPlot(label="What was learned", **_MAP)
            table = gr.HTML(label="Figures")
            gr.Markdown(FIGURES_TEXT)
            use = gr.Button("Use this head in Verify")
            used = gr.Markdown(label="Head")
            gr.Markdown(LOSS_TEXT)
            compared = gr.Markdown(label="Comparison")
    learned = gr.State(None)  # the latest head of the run shown

    def face_learn(
        source: str = DIGITS,
        archive: str | None = None,
        kind: str = "head",
        margin: float = DEFAULTS.margin,
        mining: str = DEFAULTS.mining,
        steps: float = DEFAULTS.steps,
        dimensions: float = DEFAULTS.dimensions,
        people_per_batch: float = DEFAULTS.people_per_batch,
        pictures_per_person: float = DEFAULTS.pictures_per_person,
        learning_rate: float = DEFAULTS.learning_rate,
        hold_out: float = DEFAULTS.hold_out,
        seed: float = DEFAULTS.seed,
        model: str | None = None,
    ) -> Iterator[Shown]:
        """Train an encoder with the triplet loss and stream how well it verifies new people.

        Args:
            source: "digits" for scikit-learn's handwritten digits, "people" for the zip.
            archive: a zip file with a folder of pictures for each person.
            kind: for people: "head" (a linear map on the face model's encodings) or "encoder"
                (a small convolutional network on the pixels).
            margin: of the loss, in squared distance, 0.01 to 2.
            mining: how negatives are chosen: "semi-hard", "random" or "hardest".
            steps: 1 to 5000 updates.
            dimensions: numbers in an encoding, 2 to 256.
            people_per_batch: 2 to 64.
            pictures_per_person: in a batch, 2 to 32.
            learning_rate: Adam's, 0.00001 to 0.1.
            hold_out: share of the people never trained on, 0.1 to 0.8.
            seed: 0 to 4294967295; decides who is held out, weights and batches.
            model: the face model under a head; "auto" for the best one on the server.

        Returns:
            As it goes: a status line; losses; distances; a map of the encodings before and one
            of those learned; and a table of figures for held-out people.
        """
        settings = triplet_settings(
            margin,
            mining,
            steps,
            dimensions,
            people_per_batch,
            pictures_per_person,
            learning_rate,
            hold_out,
            seed,
        )
        data = read_archive(source, archive)
        points: list[TripletStep] = []
        raw = first = latest = None
        done: TripletStep | None = None
        for item in backend.learn(data, kind, settings, named(model)):
            if isinstance(item, Working):
                yield item.text, None, None, None, None, None, None
                continue
            done = item
            raw, latest = item.raw or raw, item.snapshot or latest
            first = first or latest
            if item.step:
                points.append(item)
            yield show(progress(item), points, raw, first, latest)
        if done is None:
            raise UserError("Stopped before the first step.")
        yield show(ending(done, latest), points, raw, first, latest)

    def face_compare(
        source: str = DIGITS,
        archive: str | None = None,
        kind: str = "head",
        margin: float = DEFAULTS.margin,
        mining: str = DEFAULTS.mining,
        steps: float = DEFAULTS.steps,
        dimensions: float = DEFAULTS.dimensions,
        people_per_batch: float = DEFAULTS.people_per_batch,
        pictures_per_person: float = DEFAULTS.pictures_per_person,
        learning_rate: float = DEFAULTS.learning_rate,
        hold_out: float = DEFAULTS.hold_out,
        seed: float = DEFAULTS.seed,
        model: str | None = None,
    ) -> Iterator[str]:
        """Train a classifier and a triplet encoder alike, then show both the held-out people.

        Args:
            source: "digits" for scikit-learn's handwritten digits, "people" for the zip.
            archive: a zip file with a folder of pictures for each person.
            kind: for people: "head" or "encoder".
            margin: of the triplet loss, in squared distance, 0.01 to 2.
            mining: how negatives are chosen: "semi-hard", "random" or "hardest".
            steps: 1 to 5000 updates of each.
            dimensions: numbers in an encoding, 2 to 256.
            people_per_batch: 2 to 64.
            pictures_per_person: in a batch, 2 to 32.
            learning_rate: Adam's, 0.00001 to 0.1.
            hold_out: share of the people never trained on, 0.1 to 0.8.
            seed: 0 to 4294967295.
            model: the face model under a head; "auto" for the best one on the server.

        Returns:
            As it goes, where it is; then the figures side by side, as Markdown.
        """
        settings = triplet_settings(
            margin,
            mining,
            steps,
            dimensions,
            people_per_batch,
            pictures_per_person,
            learning_rate,
            hold_out,
            seed,
        )
        data = read_archive(source, archive)
        finished = False
        for item in backend.compare_with_softmax(data, kind, settings, named(model)):
            finished = isinstance(item, CompareStep) and item.comparison is not None
            yield item.text if isinstance(item, Working) else comparing(item)
        if not finished:
            yield "**Stopped** before there was anything to compare."

    inputs = [*run, model]
    start.click(
        face_learn,
        inputs,
        [status, losses, distances, before, after, table, learned],
        api_name="face_learn",
        show_progress="hidden",
    )
    compare.click(face_compare, inputs, compared, api_name="face_compare", show_progress="hidden")
    stop.click(
        lambda: backend.cancel("learn", "compare_with_softmax"), None, None, queue=False, **QUIET
    )
    use.click(hand_over, learned, [head, used, use_head], api_visibility="private")


def hand_over(learned: Head | None) -> tuple[Head, str, bool]:
    """Hands the head of the last run to Verify."""
    if learned is None:
        raise UserError(
            "There is no head yet: train one on your people first (digits and small encoders "
            "have none)."
        )
    return (
        learned,
        f"**Verify now uses this head** ({learned.name}) on the encodings of {learned.model}, "
        f"with its threshold {learned.threshold:.3f}.",
        True,
    )
