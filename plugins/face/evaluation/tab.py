"""Evaluate: how good the model is on the visitor's own people, with curves and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from host import UserError
from host.shipped import shipped
from host.ui import QUIET
from plugins.face import calibration
from plugins.face.evaluation.report import Report
from plugins.face.learning import Working
from plugins.face.models import AUTO, BY_NAME, MODELS, named
from plugins.face.tables import table_html

CARDS = shipped("assets", "face", "models")
FACTS = "accuracy auc eer tar_at_far_1e-2 tar_at_far_1e-3 model pairs failures".split()
COLUMNS = ["Model", "Pairs", "Accuracy", "AUC", "EER", "TAR at FAR 1 %", "TAR at FAR 0.1 %"]


def build(backend: Any, model: gr.Dropdown) -> None:
    """Writes the sub-tab."""
    gr.Markdown(
        "How good is the model on **your** people? A zip with a folder of pictures for each "
        "person: every picture is compared with every other one. A picture without a face counts "
        "as an error."
    )
    with gr.Row():
        with gr.Column(scale=1):
            archive = gr.File(label="A zip with a folder for each", file_types=[".zip"], height=140)
            with gr.Row():
                run = gr.Button("Evaluate", variant="primary")
                stop = gr.Button("Stop")
            said = gr.Markdown()
        with gr.Column(scale=2):
            table = gr.HTML(_table())
    with gr.Row():
        shown: dict[str, Any] = {
            "format": "png",
            "interactive": False,
            "buttons": ["download", "fullscreen"],
        }
        roc = gr.Image(label="ROC curve", **shown)
        distances = gr.Image(label="Distances", **shown)
        worst = gr.Image(label="Worst mistakes", **shown)
    facts = gr.JSON(label="Facts", visible=False)  # for programs
    for each in MODELS:
        card = CARDS / f"{each.name}.md"
        if card.is_file():
            with gr.Accordion(f"Model card: {each.title}", open=False):
                gr.Markdown(card.read_text("utf-8"))

    def face_evaluate(archive: str | None, model: str = AUTO) -> Iterator[tuple[Any, ...]]:
        """Measures a face model on a zip with a folder of pictures for each person.

        Args:
            archive: the zip file.
            model: "facenet-512", "facenet-128", "offline" or "auto".

        Returns:
            A sentence, the table, the ROC curve, the histograms of the distances, the worst
            mistakes, and the facts: accuracy, auc, eer, tar_at_far_1e-2, tar_at_far_1e-3, model,
            pairs, failures.
        """
        if archive is None:
            raise UserError("Please add a zip file with a folder for each person.")
        last: Any = Working("Nothing was evaluated.")
        for last in backend.evaluate(Path(archive).read_bytes(), named(model)):
            if isinstance(last, Working):
                yield last.text, *[gr.skip()] * 5
        if isinstance(last, Working):
            yield f"Stopped. {last.text}", *[gr.skip()] * 5
            return
        report = last.report
        yield (
            "  \n".join([_sentence(report), *report.notes]),
            _table(report),
            last.roc,
            last.distances,
            last.worst,
            facts_of(report),
        )

    run.click(
        face_evaluate,
        [archive, model],
        [said, table, roc, distances, worst, facts],
        api_name="face_evaluate",
        show_progress="minimal",
    )
    stop.click(lambda: backend.cancel("evaluate"), None, None, queue=False, **QUIET)


def facts_of(report: Report) -> dict[str, Any]:
    figures = report.figures()
    return {name: figures[name] for name in FACTS}


def _sentence(report: Report) -> str:
    spread = "" if report.standard_error is None else f" ± {report.standard_error:.2%}"
    failures = f" Pictures without a usable face: {report.failures}." if report.failures else ""
    return (
        f"**{report.accuracy:.2%}{spread} right**, same ({report.same:,}) and different "
        f"({report.different:,}) pairs counting alike; best threshold {report.threshold:.3f}."
        f"{failures}"
    )


def _table(own: Report | None = None) -> str:
    """What is stored with the models (scripts/face_calibrate.py), and the visitor's own."""
    rows = []
    for model in MODELS:
        stored = calibration.load(model.name)
        if stored is None:
            rows.append([model.title, *["not measured"] * (len(COLUMNS) - 1)])
        else:
            pairs = stored.same + stored.different
            rows.append(_row(model.title, {**stored.figures, "pairs": pairs}))
    if own is not None:
        rows.append(_row(f"{BY_NAME[own.model].title}, on your zip", facts_of(own)))
    return table_html("Measured by this project, and on your zip", COLUMNS, rows)


def _row(name: str, figures: dict[str, Any]) -> list[str]:
    def percent(key: str) -> str:
        value = figures.get(key)
        return "too few pairs" if value is None else f"{value:.2%}"

    return [
        name,
        f"{figures['pairs']:,}",
        percent("accuracy"),
        f"{figures['auc']:.4f}",
        percent("eer"),
        percent("tar_at_far_1e-2"),
        percent("tar_at_far_1e-3"),
    ]
