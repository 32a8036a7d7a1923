"""Watch an encoder, or a head on a face model, learn by the triplet loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pandas as pd

from host import UserError
from plugins.face.learning import (
    CompareStep,
    Comparison,
    Head,
    Snapshot,
    TripletOptions,
    TripletStep,
    Verification,
    Working,
)
from plugins.face.models import named
from plugins.face.source_input import DIGITS, read_archive, source_inputs
from plugins.face.tables import table_html

DEFAULTS = TripletOptions()
COLOURED = 12
"""So many people have a colour each; of more, only the held-out ones."""
TRAINED = "trained on"
POSITIVE, NEGATIVE = "same person, d(a, p)", "another person, d(a, n)"
LOSS, ACTIVE = "loss", "share of active triplets"

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
COLOURS = {
    LOSS: "#1d4ed8",
    ACTIVE: "#ea580c",
    POSITIVE: "#15803d",
    NEGATIVE: "#b91c1c",
}

Frame = pd.DataFrame | None
Shown = tuple[str, Frame, Frame, Frame, Frame, str | None, Head | None]


def build(backend: Any, model: gr.Dropdown, head: gr.State, use_head: gr.Checkbox) -> None:
    """Writes the sub-tab.

    model: the face model to put a head on. head, use_head: what Verify uses, and whether.
    """
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            source, archive = source_inputs()
            kind = gr.Radio(
                [
                    ("A head on the model's encodings", "head"),
                    ("A small encoder, from the pixels", "encoder"),
                ],
                value="head",
                label="Train (my people)",
                info="A head needs few pictures. Only a head can be used in Verify.",
            )
            mining = gr.Radio(
                ["semi-hard", "random", "hardest"], value=DEFAULTS.mining, label="Negatives"
            )
            margin = gr.Slider(
                0.05,
                1,
                value=DEFAULTS.margin,
                step=0.05,
                label="Margin",
                info="In d²; FaceNet: 0.2.",
            )
            steps = gr.Slider(50, 2000, value=DEFAULTS.steps, step=50, label="Steps")
            with gr.Accordion("More", open=False):
                dimensions = gr.Slider(
                    2, 128, value=DEFAULTS.dimensions, step=1, label="Numbers in an encoding"
                )
                people = gr.Slider(
                    2, 64, value=DEFAULTS.people_per_batch, step=1, label="People in a batch"
                )
                pictures = gr.Slider(
                    2, 32, value=DEFAULTS.pictures_per_person, step=1, label="Pictures of each"
                )
                rate = gr.Slider(
                    0.0001, 0.01, value=DEFAULTS.learning_rate, step=0.0001, label="Learning rate"
                )
                hold_out = gr.Slider(
                    0.1,
                    0.8,
                    value=DEFAULTS.hold_out,
                    step=0.05,
                    label="Share of people held out",
                    info="Never trained on; all figures are about them.",
                )
            seed = gr.Number(
                DEFAULTS.seed, precision=0, minimum=0, label="Seed", info="Also of who is held out."
            )
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
        options = _options(
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
        for item in backend.learn(data, kind, options, named(model)):
            if isinstance(item, Working):
                yield item.text, None, None, None, None, None, None
                continue
            done = item
            raw, latest = item.raw or raw, item.snapshot or latest
            first = first or latest
            if item.step:
                points.append(item)
            yield _show(progress(item), points, raw, first, latest)
        if done is None:
            raise UserError("Stopped before the first step.")
        yield _show(ending(done, latest), points, raw, first, latest)

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
        options = _options(
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
        for item in backend.compare_with_softmax(data, kind, options, named(model)):
            finished = isinstance(item, CompareStep) and item.comparison is not None
            yield item.text if isinstance(item, Working) else comparing(item)
        if not finished:
            yield "**Stopped** before there was anything to compare."

    inputs = [
        source,
        archive,
        kind,
        margin,
        mining,
        steps,
        dimensions,
        people,
        pictures,
        rate,
        hold_out,
        seed,
        model,
    ]
    start.click(
        face_learn,
        inputs,
        [status, losses, distances, before, after, table, learned],
        api_name="face_learn",
        show_progress="hidden",
    )
    compare.click(face_compare, inputs, compared, api_name="face_compare", show_progress="hidden")
    stop.click(backend.cancel, None, None, queue=False, api_visibility="private")
    use.click(hand_over, learned, [head, used, use_head], queue=False, api_visibility="private")


_MAP: dict[str, Any] = {
    "x": "x",
    "y": "y",
    "color": "colour",
    "color_title": " ",
    "tooltip": ["who", "held out"],
    "height": 320,
}


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


def progress(now: TripletStep) -> str:
    """The status line of a run under way."""
    if now.step == 0:
        return f"Step 0 of {now.steps:,}: nothing is learned yet."
    left = now.seconds / now.step * (now.steps - now.step)
    return (
        f"**Step {now.step:,} of {now.steps:,}** · loss {now.loss:.3f} · {now.active:.0%} of the "
        f"triplets active · about {left:.0f} s left"
    )


def ending(last: TripletStep, latest: Snapshot | None) -> str:
    """The status line of a run that is over. Says whom it was tested on."""
    line = (
        f"**Done**: {last.step:,} steps in {last.seconds:.0f} s."
        if last.step == last.steps
        else f"**Stopped** at step {last.step:,} of {last.steps:,}. "
        "The last map and its head are kept."
    )
    if latest is None:
        return line
    new = sorted({latest.names[n] for n in latest.labels[latest.held_out]})
    return f"{line} Never trained on: {_listed(new)}."


def comparing(now: CompareStep) -> str:
    """Markdown: where the comparison is, or what came out."""
    if now.comparison is not None:
        return comparison_text(now.comparison)
    return f"Training the {now.training}: step {now.step:,} of {now.steps:,}, loss {now.loss:.3f}"


def comparison_text(found: Comparison) -> str:
    """Markdown: the figures of a comparison side by side."""

    def share(value: float | None) -> str:
        return "too few pictures" if value is None else f"{value:.1%}"

    rows = [
        ("", "classifier (softmax)", "encoder (triplets)"),
        ("---",) * 3,
        (
            f"Right on new pictures of its {len(found.trained)} people",
            f"{share(found.classifier_known)} (mean top probability "
            f"{share(found.known_confidence)})",
            f"{share(found.encoder_known)} (each of {found.ways} known from one picture)",
        ),
        (
            "A new person comes",
            f"names one of its own, with a mean top probability of {share(found.confidence)}",
            f"calls {share(found.refused)} of the pictures unknown",
        ),
        (
            "After **one** picture of each new person",
            "cannot: it needs a new output and retraining",
            f"finds {share(found.one_shot)} of the others among {found.ways} people "
            f"({share(found.one_shot_accepted)} also within its threshold)",
        ),
    ]
    new = [
        ("new person", "classifier says most", "how sure", "encoder: unknown", "one-shot"),
        ("---",) * 5,
        *(
            (
                _cell(person.name),
                f"{_cell(person.called)} ({share(person.called_share)})",
                share(person.confidence),
                share(person.refused),
                share(person.one_shot),
            )
            for person in found.people[:20]
        ),
    ]
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in part) for part in (rows, new))


def figures(rows: list[tuple[str, Verification]]) -> str:
    """The table of figures as HTML, a row for each moment."""
    return table_html(
        "Verification of people never trained on",
        [
            "encoding",
            "AUC",
            "EER",
            "right, best",
            "right, theirs",
            "threshold",
            "TAR at FAR 1 %",
            "same / different",
        ],
        [
            (
                name,
                f"{v.auc:.4f}",
                f"{v.eer:.1%}",
                f"{v.accuracy:.1%}",
                f"{v.accuracy_transferred:.1%}",
                f"{v.threshold:.3f}",
                "too few pairs"
                if v.tar_at_1_percent_far is None
                else f"{v.tar_at_1_percent_far:.1%}",
                f"{v.same:,} / {v.different:,}",
            )
            for name, v in rows
        ],
    )


def map_frame(snapshot: Snapshot) -> pd.DataFrame:
    """A snapshot for a scatter plot: x, y, who, held out, colour."""
    names = [snapshot.names[label] for label in snapshot.labels]
    few = len(set(names)) <= COLOURED
    new = sorted({n for n, out in zip(names, snapshot.held_out, strict=True) if out})
    coloured = set(names) if few else set(new[: COLOURED - 2])
    rows = []
    for (x, y), name, out in zip(snapshot.points.tolist(), names, snapshot.held_out, strict=True):
        if out:
            colour = f"{name} (new)" if name in coloured else "others (new)"
        else:
            colour = name if few else TRAINED
        rows.append((x, y, name, "yes" if out else "no", colour))
    return pd.DataFrame(rows, columns=["x", "y", "who", "held out", "colour"])


def _show(
    line: str,
    points: list[TripletStep],
    raw: Snapshot | None,
    first: Snapshot | None,
    latest: Snapshot | None,
) -> Shown:
    # A plot that has once shown an empty frame draws no lines later: None until there are points.
    losses = distances = None
    if points:
        losses = pd.DataFrame(
            [row for p in points for row in ((p.step, p.loss, LOSS), (p.step, p.active, ACTIVE))],
            columns=["step", "value", "of"],
        )
        distances = pd.DataFrame(
            [
                row
                for p in points
                for row in ((p.step, p.positive, POSITIVE), (p.step, p.negative, NEGATIVE))
            ],
            columns=["step", "distance", "to"],
        )
    moments = [("inputs as they are", raw), ("network before training", first)]
    if latest is not first:
        moments.append(("learned", latest))
    return (
        line,
        losses,
        distances,
        map_frame(raw) if raw else None,
        map_frame(latest) if latest else None,
        figures([(name, moment.verification) for name, moment in moments if moment]),
        latest.head if latest else None,
    )


def _options(
    margin: float,
    mining: str,
    steps: float,
    dimensions: float,
    people: float,
    pictures: float,
    rate: float,
    hold_out: float,
    seed: float,
) -> TripletOptions:
    # Gradio's numbers may be floats; the options check and convert them.
    return TripletOptions(
        margin=margin,
        mining=mining,
        steps=steps,  # type: ignore[arg-type]
        dimensions=dimensions,  # type: ignore[arg-type]
        people_per_batch=people,  # type: ignore[arg-type]
        pictures_per_person=pictures,  # type: ignore[arg-type]
        learning_rate=rate,
        hold_out=hold_out,
        seed=seed,  # type: ignore[arg-type]
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(_cell(name) for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _cell(name: str) -> str:
    """A visitor's name as plain text within Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|~$" else c for c in name)
