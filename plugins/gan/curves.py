"""Curves as SVG: drawn anew many times a minute, and readable in a dark page and on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 420, 200
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 22

BLUE, ORANGE, GREEN, GREY = "#3b82f6", "#ea580c", "#16a34a", "#9ca3af"


@dataclass(frozen=True)
class Curve:
    """name: for the legend. points: (step, value), oldest first; what is not finite is left out."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]


def chart(
    title: str,
    curves: Sequence[Curve],
    y_range: tuple[float, float] | None = None,
    line: tuple[float, str] | None = None,
) -> str:
    """An HTML figure of ``curves`` over the steps.

    y_range: fixed limits of the vertical axis, else those of the values. line: a dashed
    horizontal line at a value, and its name for the legend.
    """
    finite = [p for curve in curves for p in curve.points if math.isfinite(p[1])]
    right = max((x for x, _ in finite), default=1.0) or 1.0
    low, high = y_range or _limits([y for _, y in finite] + ([line[0]] if line else []))

    def place(x: float, y: float) -> str:
        across = LEFT + x / right * (WIDTH - LEFT - RIGHT)
        down = TOP + (high - min(max(y, low), high)) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return f"{across:.1f},{down:.1f}"

    parts = [_axes(low, high, right, place)]
    if line:
        ends = (place(0, line[0]), place(right, line[0]))
        parts.append(
            f"<polyline points='{' '.join(ends)}' fill='none' stroke='{GREY}' "
            "stroke-width='1.5' stroke-dasharray='5 4'/>"
        )
    for curve in curves:
        points = " ".join(place(x, y) for x, y in curve.points if math.isfinite(y))
        parts.append(
            f"<polyline points='{points}' fill='none' stroke='{curve.colour}' stroke-width='2' "
            "stroke-linejoin='round'/>"
        )
    named = [(curve.name, curve.colour) for curve in curves] + ([(line[1], GREY)] if line else [])
    legend = " ".join(
        f"<span style='white-space:nowrap'><span style='color:{colour}'>&#9632;</span> "
        f"{escape(name)}</span>"
        for name, colour in named
    )
    return (
        f"<figure style='margin:0;color:var(--body-text-color)'><figcaption><b>{escape(title)}</b>"
        f"<br><small>{legend}</small></figcaption>"
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{escape(title)}' "
        f"style='width:100%;height:auto'>{''.join(parts)}</svg></figure>"
    )


def _limits(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    margin = (high - low) * 0.05 or 0.5
    return (low - margin if low < 0 else max(0.0, low - margin)), high + margin


def _axes(low: float, high: float, right: float, place) -> str:  # type: ignore[no-untyped-def]
    middle = (low + high) / 2
    style = "font-size='11' fill='currentColor' opacity='.75'"
    rows = []
    for value in (low, middle, high):
        x, y = place(0, value).split(",")
        end = place(right, value).split(",")[0]
        rows.append(
            f"<line x1='{x}' x2='{end}' y1='{y}' y2='{y}' stroke='currentColor' opacity='.15'/>"
            f"<text x='{LEFT - 5}' y='{float(y) + 4:.1f}' text-anchor='end' {style}>"
            f"{value:.3g}</text>"
        )
    rows.append(
        f"<text x='{LEFT}' y='{HEIGHT - 6}' {style}>0</text>"
        f"<text x='{WIDTH - RIGHT}' y='{HEIGHT - 6}' text-anchor='end' {style}>"
        f"step {right:,.0f}</text>"
    )
    return "".join(rows)
