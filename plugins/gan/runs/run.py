"""One visitor's training run: how it shall be trained, what was seen of it, where to go on."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from plugins.gan.history import Evenly
from plugins.gan.runs.results import TrainStep
from plugins.gan.runs.settings import RunSettings

FRAMES = 60
"""Grids remembered for looking back, about 60 kB each."""
POINTS = 200
"""Points of each curve."""


@dataclass(eq=False)
class Run:
    """What a visitor's page remembers of a run.

    state: all that the backend needs to go on from ``state_step``. files: the visitor's own
    pictures.
    """

    settings: RunSettings
    files: list[bytes] = field(default_factory=list)
    history: Evenly[TrainStep] = field(default_factory=lambda: Evenly(POINTS))
    attempts: Evenly[tuple[int, bytes]] = field(default_factory=lambda: Evenly(FRAMES))
    state: bytes | None = None
    state_step: int = 0
    last: TrainStep | None = None

    def add(self, step: TrainStep) -> None:
        if step.state is not None:
            self.state, self.state_step = step.state, step.step
        if step.grid is None:
            return
        self.last = replace(step, state=None)
        # The first report of a run gone on with has a grid that is here already, but for a file's.
        if step.measured or not self.attempts.items():
            self.attempts.add((step.step, _png(step.grid)))
        if step.measured:
            self.history.add(replace(step, grid=None, state=None))

    def go_back(self) -> None:
        """Forget what came after the state that will be gone on from."""
        history, attempts = self.history.items(), self.attempts.items()
        self.history, self.attempts = Evenly(POINTS), Evenly(FRAMES)
        for step in history:
            if step.step <= self.state_step:
                self.history.add(step)
        for attempt in attempts:
            if attempt[0] <= self.state_step:
                self.attempts.add(attempt)

    def look_back(self, position: float) -> tuple[int, np.ndarray] | None:
        """The step and the grid at a position of the slider."""
        items = self.attempts.items()
        if not items or not math.isfinite(position):
            return None
        step, png = items[min(max(int(position), 0), len(items) - 1)]
        return step, np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(picture)
    if np.array_equal(picture[..., 0], picture[..., 2]):
        image = image.convert("L")  # a third of the memory of a visitor's history
    image.save(buffer, "PNG")
    return buffer.getvalue()
