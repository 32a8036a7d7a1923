"""Pictures of an evaluation, uint8 RGB (H, W, 3).

Figures are drawn by Matplotlib's Agg canvas through its object interface: no global state, no
window, usable from any thread. Matplotlib is imported when the first figure is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from plugins.face.evaluation.report import Mistake, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAME, DIFFERENT, LINE = "#15803d", "#b91c1c", "#1d4ed8"
TILE = 112  # pixels, a picture on the contact sheet
CAPTION = 16
COLUMNS = 4


def roc(report: Report) -> np.ndarray:
    """The ROC curve over FAR on a logarithmic scale, from one accepted different pair up."""
    figure, axes = _figure()
    lowest = 1 / report.different
    far, tar = report.curves.far, report.curves.tar
    shown = far >= lowest
    axes.semilogx(far[shown], tar[shown], color=LINE, linewidth=2)
    # Without mistakes the point lies at FAR 0, which this scale has not: shown at its left end.
    axes.semilogx(
        [max(report.eer, lowest)],
        [1 - report.eer],
        "o",
        color=DIFFERENT,
        clip_on=False,
        label=f"EER {report.eer:.2%}",
    )
    axes.set(
        xlabel="false accept rate (different people accepted)",
        ylabel="true accept rate (same person accepted)",
        title=f"{report.model}: AUC {report.auc:.4f}, {report.pairs:,} pairs",
        xlim=(min(lowest, 0.5), 1),
        ylim=(min(0.9, float(tar[shown].min(initial=1.0))) - 0.01, 1.01),
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="lower right")
    return _drawn(figure)


def distances(report: Report) -> np.ndarray:
    """Histograms of both kinds of pairs, each with area 1, and the threshold."""
    figure, axes = _figure()
    edges = report.histograms.edges
    kinds = (
        ("same person", report.histograms.same, report.same, SAME),
        ("different people", report.histograms.different, report.different, DIFFERENT),
    )
    for name, counts, pairs, colour in kinds:
        heights = counts / (max(int(counts.sum()), 1) * (edges[1] - edges[0]))
        axes.stairs(
            heights, edges, fill=True, alpha=0.55, color=colour, label=f"{name} ({pairs:,} pairs)"
        )
    axes.axvline(
        report.threshold, color="black", linestyle="--", label=f"threshold {report.threshold:.3f}"
    )
    axes.set(
        xlabel="distance between the encodings",
        ylabel="density",
        title=f"{report.model}: accuracy {report.accuracy:.2%}",
    )
    axes.set_xlim(left=0)
    axes.legend()
    return _drawn(figure)


def contact_sheet(
    mistakes: tuple[Mistake, ...],
    first: Callable[[str], np.ndarray],
    second: Callable[[str], np.ndarray],
) -> np.ndarray:
    """The pictures of the mistakes in pairs, worst first, with their distances.

    first, second: give the uint8 RGB picture of a mistake's first and second key.
    """
    columns = min(COLUMNS, max(len(mistakes), 1))
    rows = max(-(-len(mistakes) // columns), 1)
    gap = 8
    width, height = 2 * TILE + gap, TILE + CAPTION + gap
    sheet = Image.new("RGB", (columns * width + gap, rows * height + gap), "white")
    draw = ImageDraw.Draw(sheet)
    if not mistakes:
        draw.text((gap, gap), "No mistake at the threshold.", fill="black")
    for place, mistake in enumerate(mistakes):
        x, y = gap + place % columns * width, gap + place // columns * height
        for shift, picture in ((0, first(mistake.first)), (TILE, second(mistake.second))):
            tile = Image.fromarray(picture)
            tile.thumbnail((TILE, TILE))
            sheet.paste(tile, (x + shift, y))
        text = "same, rejected" if mistake.same else "different, accepted"
        draw.text(
            (x, y + TILE + 2),
            f"{text}: {mistake.distance:.3f}",
            fill=SAME if mistake.same else DIFFERENT,
        )
    return np.asarray(sheet)


def _figure() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), dpi=110, layout="constrained")
    return figure, figure.subplots()


def _drawn(figure: Figure) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
