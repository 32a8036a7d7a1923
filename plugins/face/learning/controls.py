"""What a visitor sets before a run of Learn."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component

from plugins.face.learning.settings import TripletSettings
from plugins.face.learning.source_input import source_inputs

DEFAULTS = TripletSettings()


def run_inputs() -> list[Component]:
    """Writes them, and returns them in the order of ``face_learn``'s parameters."""
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
    mining = gr.Radio(["semi-hard", "random", "hardest"], value=DEFAULTS.mining, label="Negatives")
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
    return [
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
    ]


def triplet_settings(
    margin: float,
    mining: str,
    steps: float,
    dimensions: float,
    people: float,
    pictures: float,
    rate: float,
    hold_out: float,
    seed: float,
) -> TripletSettings:
    # Gradio's numbers may be floats; they are checked and converted.
    return TripletSettings(
        margin=margin,
        mining=mining,
        steps=steps,  # type: ignore[arg-type]
        dimensions=dimensions,  # type: ignore[arg-type]
        people_per_batch=people,  # type: ignore[arg-type]
        pictures_per_person=pictures,  # type: ignore[arg-type]
        learning_rate=rate,
        hold_out=hold_out,
        seed=seed,  # type: ignore[arg-type]
    ).checked()
