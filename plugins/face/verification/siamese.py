"""The Siamese network as a picture: two branches, one set of weights, two encodings, a distance.

Plain SVG: no framework and no Gradio.
"""

from __future__ import annotations

import base64
from html import escape

import numpy as np

from host.images import to_png

WIDTH, CROP, BARS = 900, 110, 400.0
FIRST, SECOND, APART = "#2563eb", "#d97706", "#b91c1c"


def siamese_svg(
    crops: tuple[np.ndarray, np.ndarray],
    encodings: tuple[np.ndarray, np.ndarray],
    model_title: str,
    distance: float,
) -> str:
    """Two aligned faces (uint8 RGB) through one network to their encodings (D,), as bars.

    Below them the differences between the two, whose root of the sum of squares is the distance
    (Chopra, Hadsell, LeCun, CVPR 2005; Taigman et al., CVPR 2014).
    """
    one, two = (np.asarray(encoding, np.float64) for encoding in encodings)
    reach = max(float(np.abs(one).max()), float(np.abs(two).max()), 1e-9)
    rows = (0, 150)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} 400" style="width:100%;max-width:{WIDTH}px" role="img" '
        f'aria-label="Siamese network: two encodings of {len(one)} numbers at distance '
        f'{distance:.3f}" fill="currentColor" font-size="14">'
    ]
    for top, crop, encoding, colour, name in zip(
        rows, crops, (one, two), (FIRST, SECOND), ("first", "second"), strict=True
    ):
        parts += [
            _picture(crop, 10, top + 10),
            _arrow(130, top + 65, 200),
            f'<rect x="205" y="{top + 30}" width="150" height="70" rx="10" fill="none" '
            f'stroke="{colour}" stroke-width="2"/>',
            f'<text x="280" y="{top + 62}" text-anchor="middle">f(x), the network</text>',
            _small(280, top + 82, f"{name} branch", "middle"),
            _arrow(360, top + 65, 430),
            _bars(encoding, 440, top + 65, 50, reach, colour),
            _small(440, top + 10, f"f({name}): {len(encoding)} numbers"),
        ]
    parts += [
        '<path d="M 280 100 V 180" stroke="currentColor" stroke-width="2" '
        'stroke-dasharray="5 4" fill="none"/>',
        _small(290, 145, "the same weights"),
        _bars(one - two, 440, 335, 50, reach, APART),
        _small(440, 280, "f(first) − f(second), on the same scale"),
        f'<text x="420" y="330" text-anchor="end" font-size="18" font-weight="700">'
        f"‖f(first) − f(second)‖ = {distance:.3f}</text>",
        _small(420, 352, escape(model_title), "end"),
        "</svg>",
    ]
    return "".join(parts)


def _small(x: int, y: int, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}">{text}</text>'


def _picture(crop: np.ndarray, x: int, y: int) -> str:
    return (
        f'<image x="{x}" y="{y}" width="{CROP}" height="{CROP}" '
        f'href="data:image/png;base64,{base64.b64encode(to_png(crop)).decode()}"/>'
    )


def _arrow(x: int, y: int, end: int) -> str:
    return (
        f'<path d="M {x} {y} H {end - 8}" stroke="currentColor" stroke-width="2"/>'
        f'<path d="M {end} {y} l -10 -5 v 10 z"/>'
    )


def _bars(values: np.ndarray, x: float, y: float, height: float, reach: float, colour: str) -> str:
    """One line for each number, up for positive and down for negative, around ``y``."""
    gap = BARS / len(values)
    lines = "".join(
        f"M{x + (place + 0.5) * gap:.1f} {y:.0f}v{-value / reach * height:.1f}"
        for place, value in enumerate(values.tolist())
    )
    return (
        f'<path d="M{x:.0f} {y:.0f}h{BARS:.0f}" stroke="currentColor" stroke-width=".5"/>'
        f'<path d="{lines}" stroke="{colour}" stroke-width="{max(gap * 0.7, 0.5):.2f}" '
        'fill="none"/>'
    )
