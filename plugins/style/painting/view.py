"""What the visitor is shown of a painting: words, curves, formulas and files."""

from __future__ import annotations

import dataclasses
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from host.ui import give
from plugins.style.formulas import transfer_formulas
from plugins.style.models import BY_NAME
from plugins.style.painting.files import painted_png
from plugins.style.painting.painting import LAYER_CURVES, Painting
from plugins.style.results import TransferStep

COLOURS = {"total": "#334155", "content": "#2563eb", "style": "#dc2626", "smoothness": "#16a34a"}
LAYER_COLOURS = dict(
    zip(LAYER_CURVES, ("#fbbf24", "#f97316", "#dc2626", "#a21caf", "#4338ca"), strict=True)
)


def curve(label: str, colours: dict[str, str]) -> gr.LinePlot:
    return gr.LinePlot(
        x="step",
        y="log10",
        y_title="log10 of the loss",
        color="loss",
        color_title=" ",
        color_map=colours,
        height=300,
        label=label,
    )


def shown(painting: Painting, step: TransferStep, words: str) -> tuple[Any, ...]:
    """What the visitor sees of a step: the painting, its picture, words, curves and formulas."""
    settings = painting.settings
    formulas = (
        gr.skip()
        if step.losses is None
        else transfer_formulas(
            step.losses, settings.content_weight, settings.style_weight, settings.smoothness
        )
    )
    return (
        painting,
        painting.picture,
        words,
        _plot(painting.losses),
        _plot(painting.layers),
        formulas,
    )


def _plot(points: list[tuple[int, str, float]]) -> pd.DataFrame | None:
    rows = [(step, name, float(np.log10(loss))) for step, name, loss in points if loss > 0]
    return pd.DataFrame(rows, columns=["step", "loss", "log10"]) if rows else None


def progress(step: TransferStep) -> str:
    if step.losses is None and step.step:
        return f"Going on from step {step.step}."
    if step.losses is None:
        return "The first sketch; now every pixel is painted."
    left = "" if step.left is None else f", about {step.left:.0f} s left"
    return (
        f"Step {step.step} of {step.steps}{left}. "
        f"Painting at {step.side} pixels with {_named(step.network)}."
    )


def outcome(painting: Painting, step: TransferStep) -> str:
    how = "Done" if painting.finished else "Paused"
    text = (
        f"{how} after {step.step} of {step.steps} steps and {painting.seconds:.0f} s. "
        f"Painted with {_named(step.network)}"
    )
    if step.losses is not None:
        missing = sum(step.losses.layers.values()) / len(step.losses.layers)
        text += f"; style loss {missing:.2f} (0 is the painting's own style)"
    return text + ". **Go on** paints further from here."


def _named(network: str) -> str:
    if network == "embedded":
        return "the embedded network, a small stand-in for VGG19"
    return BY_NAME[network].title


def files(button: gr.DownloadButton, painting: Painting, step: TransferStep) -> tuple[str, str]:
    """The paths of the picture and of its film to give to the visitor."""
    assert painting.picture is not None
    made = {"network": step.network}
    if step.losses is not None:
        made["losses"] = f"{step.losses.total:.5f}"
    settings = dataclasses.replace(painting.settings, network=step.network)
    png = painted_png(painting.picture, settings, made)
    return (
        give(button, png, "painted.png"),
        give(button, painting.making.gif(), "making.gif"),
    )
