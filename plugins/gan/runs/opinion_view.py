"""The discriminator's opinion of one picture, against its opinions of real and generated ones."""

from __future__ import annotations

import base64

import numpy as np

from host.images import to_png
from plugins.gan.curves import BLUE, GREEN, GREY, ORANGE
from plugins.gan.runs.results import Opinion

WIDTH, HEIGHT, BINS = 420, 130, 24


def html(opinion: Opinion) -> str:
    """A sentence, what D was shown, and where the score lies among the others."""
    verdict = (
        "it would pass for a real one"
        if opinion.above_real >= 0.25
        else "it looks less real than the generated ones, too"
        if opinion.above_fake < 0.05
        else "it looks generated"
        if opinion.above_fake < 0.9
        else "it lies between the two"
    )
    shown = base64.b64encode(to_png(opinion.seen)).decode()
    return (
        "<div style='display:flex;gap:12px;align-items:flex-start;flex-wrap:wrap'>"
        f"<img src='data:image/png;base64,{shown}' width='96' alt='what D sees' "
        "style='image-rendering:pixelated'>"
        f"<div style='flex:1;min-width:200px'><b>D's score: {opinion.score:+.2f}</b>: {verdict}. "
        f"It is above {opinion.above_real:.0%} of the real pictures and {opinion.above_fake:.0%} "
        f"of the generated ones.{_histogram(opinion)}</div></div>"
    )


def _histogram(opinion: Opinion) -> str:
    every = np.concatenate([opinion.real, opinion.fake, [opinion.score]])
    low, high = float(every.min()), float(every.max())
    high = high if high > low else low + 1
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(scores, edges)[0] for scores in (opinion.real, opinion.fake)]
    top = max(int(count.max()) for count in counts) or 1
    bar = WIDTH / BINS
    bars = "".join(
        f"<rect x='{number * bar:.1f}' y='{HEIGHT - 16 - count / top * (HEIGHT - 20):.1f}' "
        f"width='{bar - 1:.1f}' height='{count / top * (HEIGHT - 20):.1f}' fill='{colour}' "
        "opacity='.55'/>"
        for heights, colour in zip(counts, (BLUE, ORANGE), strict=True)
        for number, count in enumerate(heights)
        if count
    )
    at = (opinion.score - low) / (high - low) * WIDTH
    legend = "".join(
        f"<span style='color:{colour}'>&#9632;</span> {name} "
        for name, colour in (("real", BLUE), ("generated", ORANGE), ("this picture", GREEN))
    )
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' style='width:100%;height:auto' role='img' "
        f"aria-label='scores'>{bars}<line x1='{at:.1f}' x2='{at:.1f}' y1='0' y2='{HEIGHT - 14}' "
        f"stroke='{GREEN}' stroke-width='3'/><line x1='0' x2='{WIDTH}' y1='{HEIGHT - 16}' "
        f"y2='{HEIGHT - 16}' stroke='{GREY}'/></svg><small>{legend}, less real to more real</small>"
    )
