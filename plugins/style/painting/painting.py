"""One visitor's painting under way: what is painted how, how far it is, and what was seen of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from host import UserError
from host.ui import CallCancelled
from plugins.style.painting.making import Making
from plugins.style.results import TransferStep
from plugins.style.settings import LAYERS, STEPS, Settings

LAYER_CURVES = tuple(f"layer {number}" for number in range(1, LAYERS + 1))
MORE = 60
"""Steps that a finished painting gets when its visitor goes on."""
_LEAST = 0.05  # seconds that are asked for when none is left: one step


@dataclass(eq=False)
class Painting:
    """A painting that can be left and gone on with.

    settings: may be replaced while it runs: it then goes on from the picture as it is.
    places: which of the paintings that can be given ``styles`` are.
    picture, done: the latest picture, RGB uint8 (H, W, 3), and the steps it has behind it.
    last: the step that showed this picture. seconds: all that was spent on it.
    losses, layers: (step, curve, value) of every step, by part and by layer.
    """

    photo: np.ndarray | None
    styles: list[np.ndarray | None]
    masks: list[np.ndarray | None]
    settings: Settings
    places: list[int] = field(default_factory=lambda: [0])
    picture: np.ndarray | None = None
    done: int = 0
    last: TransferStep | None = None
    seconds: float = 0.0
    making: Making = field(default_factory=Making)
    losses: list[tuple[int, str, float]] = field(default_factory=list)
    layers: list[tuple[int, str, float]] = field(default_factory=list)
    running: bool = False
    _paused: bool = False

    @property
    def finished(self) -> bool:
        return self.last is not None and self.last.left == 0

    def go_on(self, settings: Settings) -> None:
        """Take these settings; a finished painting gets more steps.

        Raises UserError when there can be no more, and while it is being painted.
        """
        if self.running:
            raise UserError("It is being painted: move the sliders, or press Pause first.")
        if self.done >= STEPS[1]:
            raise UserError(f"This painting has its {STEPS[1]:,} steps: there can be no more.")
        if self.finished or settings.steps <= self.done:
            settings = dataclasses.replace(settings, steps=min(self.done + MORE, STEPS[1]))
        self.settings = settings

    def pause(self) -> None:
        """Begin no further call: the caller cancels the one under way, if there is one just now."""
        self._paused = True

    def paint(self, backend: Any) -> Iterator[TransferStep]:
        """Yields each step; begins anew from the picture whenever the settings are replaced.

        Ends early when it is paused or the visitor's calls are cancelled. Raises as
        ``backend.transfer`` does.
        """
        self.running, self._paused = True, False
        try:
            yield from self._paint(backend)
        finally:
            self.running = False

    def _paint(self, backend: Any) -> Iterator[TransferStep]:
        began = before = self.seconds
        while True:
            settings = asked = self.settings
            if settings.seconds:  # what is left of them after a change
                left = max(settings.seconds - (self.seconds - began), _LEAST)
                asked = dataclasses.replace(settings, seconds=left)
            # steps that showed no picture are done again
            self.losses = [point for point in self.losses if point[0] <= self.done]
            self.layers = [point for point in self.layers if point[0] <= self.done]
            changed = False
            try:
                steps = backend.transfer(
                    self.photo, self.styles, asked, self.masks, self.picture, self.done
                )
            except CallCancelled:  # before its turn came
                return
            with closing(steps):
                if self._paused:  # since before this call, so nobody has cancelled it
                    return
                for step in steps:
                    self._keep(step)
                    self.seconds = before + step.elapsed
                    yield step
                    # between two pictures the steps since the last would be lost
                    changed = self.settings is not settings and step.image is not None
                    if changed:
                        break
            if not changed or self._paused or self.settings.steps <= self.done:
                return
            before = self.seconds

    def _keep(self, step: TransferStep) -> None:
        if step.image is not None:
            self.last = step
            self.picture, self.done = step.image, step.step
            self.making.add(step.image)
        if step.losses is not None:
            parts = ("total", "content", "style", "smoothness")
            self.losses += [(step.step, name, getattr(step.losses, name)) for name in parts]
            layers = zip(LAYER_CURVES, step.losses.layers.values(), strict=True)
            self.layers += [(step.step, name, loss) for name, loss in layers]
