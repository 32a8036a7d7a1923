"""What a style transfer with the embedded network costs.

The whole of it, as a visitor gets it; the time to a loss that two published recipes reach
(style_equal_loss.py says how); and how many evaluations the search over frequencies saves.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rows import Row, measured, report
from style_equal_loss import CPU, QUICK_SIDE, SIDE, equal_loss
from style_pictures import PAIRS, painting_of, photo_of

from host.testing import backend_context
from plugins.style import networks
from plugins.style.backend import StyleBackend
from plugins.style.minimise import LBFGS
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preview import Preview
from plugins.style.search import PictureSearch
from plugins.style.settings import Settings
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE

SEARCH_SIDE, SEARCH_EVALUATIONS = 256, 100


class PixelSearch:
    """``PictureSearch`` with the pixels themselves as unknowns; all else is the same."""

    def __init__(self, start: np.ndarray) -> None:
        self._lbfgs = LBFGS(start.astype(np.float32), move=8.0, memory=10)
        self._clip()

    @property
    def value(self) -> float | None:
        return self._lbfgs.value

    def tell(self, value: float, gradient: np.ndarray) -> None:
        unclipped = self._lbfgs.trial
        beyond = np.where(gradient > 0, unclipped < 0, unclipped > 255)
        self._lbfgs.tell(value, np.where(beyond, np.float32(0), gradient))
        self._clip()

    def _clip(self) -> None:
        self.trial = np.clip(self._lbfgs.trial, 0, 255)


def searches(objective: Objective, side: int, evaluations: int) -> Iterator[Row]:
    """Rows of evaluations: the search over frequencies against L-BFGS over pixels."""
    preview = Preview(CPU)
    for name, style in PAIRS:
        photo = fitted(photo_of(name), side)
        painting = fitted(painting_of(style), side)
        target = objective.target(photo, painting)
        start = preview(photo, [painting], [1.0]).astype(np.float32)
        start += np.random.default_rng(0).normal(0, 4, start.shape).astype(np.float32)

        def curve(search: Any, target: Any = target) -> np.ndarray:
            losses = []
            for _ in range(evaluations):
                value, gradient = objective(search.trial, target, (CONTENT, STYLE, SMOOTHNESS))
                search.tell(value.total, gradient)
                losses.append(search.value)
            return np.array(losses)

        pixels = curve(PixelSearch(start))
        if not pixels[-1] < pixels[0]:
            raise SystemExit("L-BFGS over pixels finds nothing better than its start.")
        below = np.flatnonzero(curve(PictureSearch(start)) <= pixels[-1])
        ours = float(below[0] + 1) if len(below) else None
        yield Row(
            f"Search at {side} px, {name} + {style}, to {pixels[-1]:.4f}",
            ours,
            evaluations,
            ours and ours / evaluations,
            unit="evaluations",
            n=1,
            against="L-BFGS over pixels",
            note="" if ours else "**not reached**",
        )


def whole(side: int, rounds: int) -> Iterator[Row]:
    """A whole transfer by the backend, as a visitor gets it."""
    photo, painting = photo_of("china"), painting_of("starry")
    settings = Settings(size=side)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        backend = StyleBackend(backend_context("style", Path(folder)))
        yield measured("Style's backend starts", [time.perf_counter() - began])
        next(backend.transfer(photo, [painting], settings))  # compiles the preview
        sketches, wholes = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            steps = backend.transfer(photo, [painting], settings)
            next(steps)
            sketches.append(time.perf_counter() - began)
            *_, last = steps
            wholes.append(time.perf_counter() - began)
    name = f"Style, a whole transfer, {side} px"
    yield measured(f"{name}, its sketch", sketches)
    yield measured(f"{name}, {last.steps} steps, {last.network} network", wholes)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    side = QUICK_SIDE if options.quick else SIDE
    yield from whole(side, options.rounds)
    objective = Objective(networks.embedded(), CPU)
    evaluations = 10 if options.quick else SEARCH_EVALUATIONS
    yield from searches(objective, QUICK_SIDE if options.quick else SEARCH_SIDE, evaluations)
    yield from equal_loss(objective, objective, options.rounds, options.quick)


if __name__ == "__main__":
    report(measure, __doc__, rounds=3)
