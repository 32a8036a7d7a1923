"""The tables of style_judge.py, with intervals by a bootstrap over photos and paintings."""

from __future__ import annotations

import numpy as np
from style_figures import BETTER, FIGURES
from style_painters import PAINTERS, Key

PHOTOS = ("42049", "227092", "69015", "291000", "189080", "182053")
PAINTINGS = ("candy", "mosaic", "rain-princess", "udnie", "starry")
CURVES = ("candy", "rain-princess", "starry")  # painted at every content weight
BOOTSTRAPS = 4000


def grid(
    scores: dict[Key, tuple[float, ...]],
    painter: str,
    weight: float,
    paintings: tuple[str, ...] = PAINTINGS,
) -> np.ndarray:
    """(photos, paintings, figures)."""
    return np.array(
        [[scores[painter, photo, name, weight] for name in paintings] for photo in PHOTOS]
    )


def draws(columns: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Photos and paintings (so many) drawn with replacement."""
    rng, rows = np.random.default_rng(0), len(PHOTOS)
    return [
        (rng.integers(rows, size=rows), rng.integers(columns, size=columns))
        for _ in range(BOOTSTRAPS)
    ]


def interval(values: np.ndarray) -> str:
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return f"{low:+.3f} .. {high:+.3f}"


def paired(one: np.ndarray, other: np.ndarray) -> list[str]:
    """For each figure "difference (interval)", both (photos, paintings, figures)."""
    apart = one - other
    again = np.array(
        [apart[rows][:, columns].mean((0, 1)) for rows, columns in draws(apart.shape[1])]
    )
    return [f"{mean:+.3f} ({interval(again[:, i])})" for i, mean in enumerate(apart.mean((0, 1)))]


def at_equal_content(one: np.ndarray, other: np.ndarray) -> str:
    """Mean difference of the style SWD over the content that both painters' curves reach.

    Both (weights, photos, paintings, figures).
    """

    def between(rows: np.ndarray, columns: np.ndarray) -> float:
        curves = [each[:, rows][:, :, columns].mean((1, 2))[:, [2, 0]] for each in (one, other)]
        curves = [curve[curve[:, 0].argsort()] for curve in curves]
        low, high = max(c[0, 0] for c in curves), min(c[-1, 0] for c in curves)
        if low >= high:
            return np.nan
        at = np.linspace(low, high, 20)
        a, b = (np.interp(at, curve[:, 0], curve[:, 1]) for curve in curves)
        return float((a - b).mean())

    everything = between(np.arange(len(PHOTOS)), np.arange(one.shape[2]))
    if np.isnan(everything):
        return "the curves have no content in common"
    again = np.array([between(*draw) for draw in draws(one.shape[2])])
    missing = f", {np.isnan(again).mean():.0%} of the draws without overlap"
    return f"{everything:+.3f} ({interval(again)}{missing if np.isnan(again).any() else ''})"


def report(
    scores: dict[Key, tuple[float, ...]], floor: np.ndarray, weights: list[float], head: str
) -> str:
    """The tables in Markdown, for those content weights that are done."""
    names = " | ".join(f"{name} ({way})" for name, way in zip(FIGURES, BETTER, strict=True))
    rule = "|---" * (len(FIGURES) + 1) + "|"

    def row(name: str, values: np.ndarray) -> str:
        return f"| {name} | " + " | ".join(f"{x:.3f}" for x in values) + " |"

    lines = [head, "", f"| painted with | {names} |", rule]
    at_one = {painter: grid(scores, painter, 1.0) for painter in PAINTERS}
    lines += [row(painter, at_one[painter].mean((0, 1))) for painter in PAINTERS]
    lines.append(row("*the photo itself* (ceiling)", grid(scores, "photo", 1.0).mean((0, 1))))
    swd, gram, patches = floor.mean(0)
    lines.append(
        f"| *half a painting to the other* (floor) | {swd:.3f} | {gram:.3f} | | {patches:.3f} | | |"
    )
    lines += ["", f"| difference, 95 % interval | {' | '.join(FIGURES)} |", rule]
    for other in PAINTERS[1:]:
        cells = " | ".join(paired(at_one["embedded"], at_one[other]))
        lines.append(f"| embedded - {other} | {cells} |")
    lines += ["", "| style SWD of each painting | " + " | ".join(PAINTINGS) + " |"]
    lines.append("|---" * (len(PAINTINGS) + 1) + "|")
    for painter in (*PAINTERS, "photo"):
        lines.append(row(painter, grid(scores, painter, 1.0)[..., 0].mean(0)))
    lines.append(row("floor", floor[:, 0]))
    for other in PAINTERS[1:]:
        wins = (at_one["embedded"] < at_one[other]).sum((0, 1))
        lines.append("")
        lines.append(
            f"Of {len(PHOTOS) * len(PAINTINGS)} pairs embedded is nearer to the painting than "
            f"{other} in {wins[0]} by SWD, in {wins[1]} by Gram."
        )
    lines += ["", f"On {', '.join(CURVES)} only:"]
    lines += ["", "| content weight | painted with | content | style SWD | style Gram |"]
    lines.append("|---" * 5 + "|")
    for weight in sorted(weights):
        for painter in PAINTERS:
            style, by_gram, content = grid(scores, painter, weight, CURVES).mean((0, 1))[:3]
            lines.append(
                f"| {weight:g} | {painter} | {content:.3f} | {style:.3f} | {by_gram:.3f} |"
            )
    curves = {p: np.array([grid(scores, p, w, CURVES) for w in weights]) for p in PAINTERS}
    for other in PAINTERS[1:] if len(weights) > 1 else ():
        lines.append("")
        lines.append(
            f"Style SWD at equal content, embedded - {other}: "
            + at_equal_content(curves["embedded"], curves[other])
        )
    return "\n".join(lines) + "\n"
