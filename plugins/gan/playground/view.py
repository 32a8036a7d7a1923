"""What the page's canvas is sent: a frame as JSON, rounded, well under 60 kB. No torch."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from plugins.gan.playground.results import Frame

STEP = "step"
LINES = ("loss_g", "loss_d", "kl", "js", "modes_share", "quality")
"""The curves, in the order of a :data:`Point` after its step."""
Point = tuple[
    int,
    "float | None",
    "float | None",
    "float | None",
    "float | None",
    "float | None",
    "float | None",
]
_NUMBERS = (
    "loss_g",
    "loss_d",
    "value",
    "kl",
    "js",
    "js_floor",
    "modes_covered",
    "modes",
    "quality",
)
_FAR = 9.0  # a stray is shown on the edge, wherever it is


def frame_json(
    frame: Frame,
    curve: Sequence[Point] = (),
    distribution: str = "",
    parts: Sequence[str] = (),
    **told: Any,
) -> str:
    """A frame for the canvas and for API clients.

    Points are flat lists x0, y0, x1, y1, ...; ``heat`` goes row by row from y = -1 up;
    ``manifold`` has ``rows`` x ``columns`` points, ``density`` one value less each way. Numbers
    that are not finite are null.

    curve: the history of the run, see :func:`point`. parts: of the diagram, to be lit.
    told: anything else for the canvas, such as ``points``.
    """
    rows, columns = frame.manifold.shape[:2]
    value = {
        "step": frame.step,
        "phase": frame.phase,
        "caption": frame.caption,
        "distribution": distribution,
        "parts": list(parts),
        "real": _flat(frame.real, 3),
        "fake": _flat(frame.fake, 3),
        "score_real": _flat(frame.score_real, 2),
        "score_fake": _flat(frame.score_fake, 2),
        "heat": _flat(frame.heat, 2),
        "manifold": _flat(frame.manifold, 3),
        "rows": rows,
        "columns": columns,
        "density": _flat(frame.density, 2),
        "gradient": _small(frame.gradient),
        **{name: _number(getattr(frame, name)) for name in _NUMBERS},
        "curve": {
            name: [each[place] for each in curve] for place, name in enumerate((STEP, *LINES))
        },
        **told,
    }
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def point(frame: Frame) -> Point:
    """The frame's place on each curve."""
    share = frame.modes_covered / frame.modes if frame.modes else None
    return (
        frame.step,
        _number(frame.loss_g),
        _number(frame.loss_d),
        _number(frame.kl),
        _number(frame.js),
        _number(share),
        _number(frame.quality),
    )


def _flat(values: np.ndarray, digits: int) -> list[float | None]:
    within = np.clip(np.asarray(values, dtype=np.float64).ravel(), -_FAR, _FAR)
    # + 0.0: no "-0.0" in the text
    return [
        value if math.isfinite(value) else None for value in (within.round(digits) + 0.0).tolist()
    ]


def _small(values: np.ndarray) -> list[float | None]:
    """Three significant digits: gradients may be tiny."""
    return [_number(value) for value in np.asarray(values, dtype=np.float64).ravel().tolist()]


def _number(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.3g}")
