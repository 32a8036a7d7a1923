"""The experiment's figures as HTML: dots by arm, paired differences, a table (no torch).

Drawn as SVG with the page's own text colour, so that they are read on light and dark pages; 400
units wide, so that they are read on a phone.
"""

from __future__ import annotations

import math
from html import escape

import numpy as np

from plugins.gan.augmentation.results import BOTH, GAN, AugmentStep
from plugins.gan.augmentation.statistics import Difference, Interval, differences, interval
from plugins.gan.augmentation.words import points, verdicts

_WIDTH, _LEFT, _RIGHT = 400.0, 12.0, 16.0
_ROW, _TOP = 40.0, 6.0
_WITH_GAN, _WITHOUT = "#ea580c", "#3b82f6"


def verdict_html(step: AugmentStep) -> str:
    """The verdict in large, the other comparisons below it; "" before a seed is done."""
    said = verdicts(step)
    if not said:
        return ""
    others = "".join(f"<li>{escape(each)}</li>" for each in said[1:])
    return (
        f'<p class="gan-verdict" style="font-size:1.35em;font-weight:600;line-height:1.35;'
        f'margin:0.3em 0">{escape(said[0])}</p>'
        f'<ul style="margin:0.4em 0 0 1.2em;list-style:disc">{others}</ul>'
    )


def accuracy_plot(step: AugmentStep, rare: bool = False) -> str:
    """A dot for each seed, the mean and its interval, a row for each arm; "" without any dot.

    Means and intervals are of the seeds that are known in every arm.
    """
    table = step.rare_accuracy() if rare else step.accuracy
    if table is None or np.isnan(table).all():
        return ""
    table = table * 100
    rows: list[_Row] = []
    for at, arm in enumerate(step.settings.arms):
        dots = table[:, at]
        finished = dots[step.finished]
        mean = interval(finished) if len(finished) else None
        label = f"{mean.mean:.1f} %" if mean else ""
        rows.append((arm, label, dots[~np.isnan(dots)], mean, _colour(arm)))
    what = f"class {step.settings.rare_class}" if rare else "all classes"
    return _plot(f"Right on the test pictures, {what} (%)", rows, highest=100.0)


def difference_plot(step: AugmentStep, rare: bool = False) -> str:
    """Paired differences with their intervals about a line at zero; "" before a seed is done."""
    found = differences(step, rare)
    if not found:
        return ""
    what = f"class {step.settings.rare_class}" if rare else "all classes"
    rows: list[_Row] = [
        (
            f"{each.arm} against {each.base}",
            _figures(each),
            np.array(each.values),
            each.interval,
            _colour(each.arm),
        )
        for each in found
    ]
    return _plot(f"Difference, seed by seed, {what} (points)", rows, zero=True)


def table(step: AugmentStep) -> str:
    """Accuracy by seed and arm; "" before there is any."""
    if np.isnan(step.accuracy).all():
        return ""
    rare = step.rare_accuracy()
    arms = step.settings.arms
    head = "".join(f"<th>{escape(arm)}</th>" for arm in arms)
    rows = []
    for number, values in enumerate(step.accuracy):
        if np.isnan(values).all():
            continue
        cells = []
        for at, value in enumerate(values):
            text = "" if math.isnan(value) else f"{value:.1%}"
            if text and rare is not None:
                text += f" ({rare[number, at]:.0%})"
            cells.append(f"<td>{text}</td>")
        rows.append(f"<tr><td>{step.settings.seed + number}</td>{''.join(cells)}</tr>")
    note = "" if rare is None else "<p>In brackets: the rare class alone.</p>"
    return (
        '<div style="overflow-x:auto"><table><thead><tr><th>seed</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _figures(difference: Difference) -> str:
    found = difference.interval
    if found.count < 2:
        return points(found.mean)
    return f"{points(found.mean)} ({points(found.low)} to {points(found.high)})"


def _colour(arm: str) -> str:
    return _WITH_GAN if arm in (GAN, BOTH) else _WITHOUT


_Row = tuple[str, str, np.ndarray, "Interval | None", str]
"""Name, what is written at the right, dots, mean with interval, colour."""


def _plot(title: str, rows: list[_Row], zero: bool = False, highest: float = math.inf) -> str:
    low, high = _range(rows, zero, highest)
    scale = (_WIDTH - _LEFT - _RIGHT) / (high - low)

    def x(value: float) -> float:
        return _LEFT + (min(max(value, low), high) - low) * scale

    bottom = _TOP + _ROW * len(rows)
    parts = []
    for tick in _ticks(low, high):
        strong = zero and abs(tick) < 1e-9
        at = f"{x(tick):.1f}"
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{_TOP}" y2="{bottom}" stroke="currentColor" '
            f'stroke-opacity="{0.9 if strong else 0.15}"/>'
            f'<text x="{at}" y="{bottom + 15}" text-anchor="middle" font-size="11" '
            f'fill="currentColor">{_tick(tick, zero)}</text>'
        )
    for number, (name, figures, dots, mean, colour) in enumerate(rows):
        top = _TOP + _ROW * number
        y = top + 28
        parts.append(
            f'<text x="{_LEFT}" y="{top + 13}" font-size="12" fill="currentColor">'
            f"{escape(name)}</text>"
            f'<text x="{_WIDTH - _RIGHT}" y="{top + 13}" font-size="12" text-anchor="end" '
            f'fill="currentColor">{escape(figures)}</text>'
        )
        parts += [
            f'<circle cx="{x(dot):.1f}" cy="{y}" r="4" fill="{colour}" fill-opacity="0.45"/>'
            for dot in dots
        ]
        if mean is not None:
            if mean.count > 1:
                parts.append(
                    f'<line x1="{x(mean.low):.1f}" x2="{x(mean.high):.1f}" y1="{y}" y2="{y}" '
                    f'stroke="{colour}" stroke-width="2.5"/>'
                )
            centre = f"{x(mean.mean):.1f}"
            parts.append(
                f'<line x1="{centre}" x2="{centre}" y1="{y - 8}" y2="{y + 8}" '
                f'stroke="{colour}" stroke-width="3"/>'
            )
    return (
        f'<figure style="margin:0 0 0.8em;max-width:640px"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH:g} {bottom + 20:g}" width="100%" role="img" '
        f'aria-label="{escape(_said(title, rows))}" font-family="inherit">{"".join(parts)}</svg>'
        "</figure>"
    )


def _said(title: str, rows: list[_Row]) -> str:
    """The figure for those who do not see it."""
    return f"{title}. " + "; ".join(f"{row[0]}: {row[1] or 'not known yet'}" for row in rows)


def _range(rows: list[_Row], zero: bool, highest: float) -> tuple[float, float]:
    values = [0.0] if zero else []
    for _, _, dots, mean, _ in rows:
        values += list(dots)
        if mean is not None and mean.count > 1:
            values += [mean.low, mean.high]
    low, high = min(values), min(max(values), highest)
    margin = max(0.05 * (high - low), 0.5)
    return low - margin, min(high + margin, highest)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between ``low`` and ``high``, about five."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _tick(value: float, signed: bool) -> str:
    text = f"{abs(value):g}"
    if signed and abs(value) > 1e-9:
        return ("−" if value < 0 else "+") + text
    return text
