"""Verification as binary classification: a logistic regression on pairs of encodings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pandas as pd

from host import UserError
from host.ui import QUIET
from plugins.face.learning import PairReport, Working
from plugins.face.learning.source_input import DIGITS, read_archive, source_inputs
from plugins.face.models import named
from plugins.face.tables import table_html

FORMULAS = """
P(same) = σ(w · x + b) on features of two encodings f₁ and f₂:
**|difference|** x = |f₁ − f₂| · **chi-square** x = (f₁ − f₂)² / (|f₁| + |f₂|)
(Taigman, Yang, Ranzato & Wolf, *DeepFace*, CVPR 2014, sec. 4.1, divides by f₁ + f₂: its numbers
are never negative, those of other models may be; it also learns *w* with a linear SVM, here it is
a logistic regression). Beside it the **distance alone**, ‖f₁ − f₂‖ up to a threshold.
Fitted on pairs of some people, judged on pairs of **others**.
"""

Shown = tuple[str, str | None, pd.DataFrame | None, pd.DataFrame | None]

COLOURS = {"|difference|": "#1d4ed8", "chi-square": "#ea580c", "distance alone": "#6b7280"}
"""By the methods' names in a :class:`PairReport`."""


def build(backend: Any, model: gr.Dropdown) -> None:
    """Writes the sub-tab. model: the face model whose encodings are paired."""
    gr.Markdown(FORMULAS)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            source, archive = source_inputs()
            seed = gr.Number(
                0, precision=0, minimum=0, label="Seed", info="Of who is held out, and the pairs."
            )
            with gr.Row():
                start = gr.Button("Classify pairs", variant="primary", min_width=100)
                stop = gr.Button("Stop", variant="stop", min_width=100)
            status = gr.Markdown("Press **Classify pairs**.", label="Status")
        with gr.Column(scale=2, min_width=320):
            table = gr.HTML(label="Figures")
            gr.Markdown(
                "**|difference|** is blue, **chi-square** orange, the **distance alone** grey."
            )
            roc = gr.LinePlot(
                x="false accept rate",
                y="true accept rate",
                color="by",
                color_title=" ",
                color_map=COLOURS,
                label="ROC",
                x_lim=[0, 1],
                y_lim=[0, 1],
                height=300,
            )
            weights = gr.LinePlot(
                x="number of the encoding",
                y="weight",
                color="of",
                color_title=" ",
                color_map=COLOURS,
                label="Weights: below 0 speaks for different people",
                height=260,
            )

    def face_classify_pairs(
        source: str = DIGITS,
        archive: str | None = None,
        seed: float = 0,
        model: str | None = None,
    ) -> Iterator[Shown]:
        """Decide "same person?" by logistic regression on pairs, beside the plain distance.

        Args:
            source: "digits" for scikit-learn's handwritten digits, "people" for the zip.
            archive: a zip file with a folder of pictures for each person.
            seed: 0 to 4294967295; decides who is held out and which pairs are drawn.
            model: the face model that encodes; "auto" for the best one on the server.

        Returns:
            A status line; accuracy and AUC of each method on held-out people; ROC curves; the
            weights learned.
        """
        data = read_archive(source, archive)
        report = None
        for item in backend.classify_pairs(data, named(model), seed):
            if isinstance(item, Working):
                yield item.text, None, None, None
            else:
                report = item
        if report is None:
            raise UserError("Stopped before there was an answer.")
        yield summary(report), figures(report), roc_frame(report), weights_frame(report)

    start.click(
        face_classify_pairs,
        [source, archive, seed, model],
        [status, table, roc, weights],
        api_name="face_classify_pairs",
        show_progress="minimal",
    )
    stop.click(lambda: backend.cancel("classify_pairs"), None, None, queue=False, **QUIET)


def summary(report: PairReport) -> str:
    """A sentence on what was done."""
    return (
        f"Fitted on {report.trained_pairs:,} pairs of {len(report.trained)} people, judged on "
        f"{report.tested_pairs:,} pairs of {len(report.held_out)} others; half of each are same."
    )


def figures(report: PairReport) -> str:
    """Accuracy and AUC of each method, as HTML."""
    return table_html(
        "Pairs of people never trained on",
        ["method", "right", "AUC"],
        [(m.name, f"{m.accuracy:.1%}", f"{m.auc:.4f}") for m in report.methods],
    )


def roc_frame(report: PairReport) -> pd.DataFrame:
    """The ROC curves, a row for each point."""
    rows = [
        (far, tar, method.name)
        for method in report.methods
        for far, tar in zip(method.far.tolist(), method.tar.tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["false accept rate", "true accept rate", "by"])


def weights_frame(report: PairReport) -> pd.DataFrame:
    """The weights of those methods that have some."""
    rows = [
        (place, weight, method.name)
        for method in report.methods
        if method.weights is not None
        for place, weight in enumerate(method.weights.tolist())
    ]
    return pd.DataFrame(rows, columns=["number of the encoding", "weight", "of"])
