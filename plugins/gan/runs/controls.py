"""The controls of a training run, by the names of a :class:`RunSettings`' fields."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.gan.runs.settings import OWN, RunSettings

DATA = [
    ("scikit-learn's digits (here)", "digits"),
    ("MNIST (10 MB)", "mnist"),
    ("Fashion-MNIST (26 MB)", "fashion-mnist"),
    ("CIFAR-10 (170 MB)", "cifar10"),
    ("my own pictures", OWN),
]
OBJECTIVES = [
    ("non-saturating, with R1", "non-saturating"),
    ("hinge, with spectral norm", "hinge"),
    ("WGAN-GP", "wgan-gp"),
    ("least squares", "least-squares"),
    ("plain BCE: watch it fail", "bce"),
]
AUGMENT = [("below 1,000 pictures", "auto"), ("on", "on"), ("off", "off")]
USUAL = RunSettings()


def write() -> dict[str, Any]:
    """Write the controls; the components by field name, in the order of the fields."""
    named: dict[str, Any] = {}
    named["data"] = gr.Dropdown(
        DATA,
        value=USUAL.data,
        label="Pictures to learn from",
        info="Those with a size are downloaded when you press Start, once.",
    )
    named["conditional"] = gr.Checkbox(
        USUAL.conditional,
        label="Conditional: both networks are told the class",
        info="So a digit can be asked for. Needs pictures with classes.",
    )
    named["steps"] = gr.Slider(
        100,
        10_000,
        value=USUAL.steps,
        step=100,
        label="Steps",
        info="Turns of the game. Digits show after a few hundred.",
    )
    named["objective"] = gr.Dropdown(
        OBJECTIVES, value=USUAL.objective, label="Objective", info="What the two players want."
    )
    with gr.Accordion("More", open=False):
        named["batch_size"] = gr.Slider(
            16,
            128,
            value=USUAL.batch_size,
            step=16,
            label="Batch size",
            info="Pictures in each step: more is steadier and slower.",
        )
        named["size"] = gr.Radio(["16", "32", "64"], value=str(USUAL.size), label="Pixels a side")
        named["width"] = gr.Slider(
            8, 64, value=USUAL.width, step=8, label="Width", info="Channels of the networks."
        )
        named["learning_rate_g"] = gr.Slider(
            0.0001,
            0.004,
            value=USUAL.learning_rate_g,
            step=0.0001,
            label="Generator's learning rate",
            info="How far it moves in each step.",
        )
        named["learning_rate_d"] = gr.Slider(
            0.0001,
            0.004,
            value=USUAL.learning_rate_d,
            step=0.0001,
            label="Discriminator's learning rate",
            info="Much higher than the generator's, and it wins too easily.",
        )
        named["r1"] = gr.Slider(
            0,
            10,
            value=USUAL.r1,
            step=0.1,
            label="R1 penalty",
            info="Keeps the discriminator from getting too sure; 0 for none.",
        )
        named["augment"] = gr.Dropdown(
            AUGMENT,
            value=USUAL.augment,
            label="DiffAugment",
            info="Shift, recolour and cover what the discriminator sees: for few pictures.",
        )
        named["seed"] = gr.Number(
            USUAL.seed, precision=0, minimum=0, label="Seed", info="Another seed, another run."
        )
    return named
