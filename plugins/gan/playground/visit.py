"""One visitor's game: how far it is, what was seen of it, what can be gone back to. No torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from host.ui import CallCancelled
from plugins.gan.history import Evenly
from plugins.gan.playground import view
from plugins.gan.playground.results import Frame
from plugins.gan.playground.settings import PlaySettings

SECONDS, STEPS = 60.0, 5_000
"""A run ends by itself after these: others wait for the worker."""
MOMENTS, MOMENTS_BYTES = 60, 12_000_000
POINTS = 200
"""Points of each curve."""
SPEEDS = ((1, 0.8), (1, 0.25), (1, 0.0), (2, 0.0), (5, 0.0), (10, 0.0), (20, 0.0), (50, 0.0))
"""(steps a frame, seconds of rest after it), slow to fast."""


@dataclass(eq=False)
class Visit:
    """A game that can be left, changed, gone on with and gone back in.

    settings, speed: may be replaced while it runs; it then goes on from its latest snapshot.
    own: points that the visitor drew or uploaded, (N, 2) float32 in [-1, 1].
    latest: the frame on show; the game goes on from its snapshot.
    running: between the first and the last frame of a run. run: what the latest one was begun
    with; None once the visitor went elsewhere in the game (back in time, to a new one): it ends.
    over: the latest run ended by itself. sub_steps: of slow motion, still to be shown.
    slow: slow motion goes on by itself while this is what it began with.
    refused: why the visitor's latest change does not count; "" if it does.
    """

    settings: PlaySettings = field(default_factory=PlaySettings)
    speed: int = 5
    own: np.ndarray | None = None
    latest: Frame | None = None
    running: bool = False
    run: object = None
    over: bool = False
    sub_steps: list[Frame] = field(default_factory=list)
    slow: object = None
    refused: str = ""
    moments: list[Frame] = field(default_factory=list)
    curve: list[view.Point] = field(default_factory=list)
    _limit: int = MOMENTS
    _moments: Evenly[Frame] = field(default_factory=lambda: Evenly(MOMENTS))
    _curve: Evenly[view.Point] = field(default_factory=lambda: Evenly(POINTS))

    @property
    def snapshot(self) -> bytes | None:
        return self.latest.snapshot if self.latest is not None else None

    def interrupt(self) -> object:
        """The visitor does something else: slow motion ends. Returns the new ``slow``."""
        self.slow, self.refused = object(), ""
        return self.slow

    def go_at(self, speed: float | None) -> None:
        """Take the nearest speed that there is; what is no number changes nothing."""
        if speed is not None:
            self.speed = int(max(1, min(speed, len(SPEEDS))))

    def begin_anew(self) -> None:
        """Forget the game, but not what was drawn."""
        self.interrupt()
        self.latest = None
        self.run = None
        self.sub_steps = []
        self._remember([], [])

    def go_back(self, place: int) -> Frame | None:
        """The game stands again as it did at ``moments[place]``; what came later is forgotten
        when it goes on. None without moments."""
        if not self.moments:
            return None
        self.interrupt()
        self.latest = self.moments[max(0, min(place, len(self.moments) - 1))]
        self.run = None
        self.sub_steps = []
        return self.latest

    def preview(self, backend: Any, settings: PlaySettings) -> Frame | None:
        """How the game looks with these settings, before any step; None if it is cancelled.

        Raises as ``backend.play`` does.
        """
        self.interrupt()
        self.settings = settings
        self.sub_steps = []
        with closing(_stream(backend.play, settings, self.snapshot, 1, 1, 0.0)) as frames:
            for frame in frames:
                self._show(frame)
                return frame
        return None

    def play(self, backend: Any, settings: PlaySettings, mine: object = None) -> Iterator[Frame]:
        """Yields each frame until the run's time or steps are over, or it is cancelled.

        Begins anew from its snapshot whenever settings or speed are replaced.
        mine: what ``run`` is as long as the visitor stays with this run.
        Raises as ``backend.play`` does.
        """
        self.interrupt()
        self.settings = settings
        self.sub_steps = []
        mine = self.run = mine or object()
        self.running, self.over = True, False
        try:
            yield from self._play(backend, mine)
        finally:
            if self.run is None or self.run is mine:  # no other run has begun meanwhile
                self.running = False

    def _play(self, backend: Any, mine: object) -> Iterator[Frame]:
        end = time.monotonic() + SECONDS
        done = 0
        while True:
            asked = (self.settings, self.speed)
            per_frame, pause = SPEEDS[self.speed - 1]
            start, changed = None, False
            rest = (self.snapshot, STEPS - done, per_frame, pause)
            with closing(_stream(backend.play, self.settings, *rest)) as frames:
                for frame in frames:
                    if self.run is not mine:
                        return
                    start = frame.step if start is None else start
                    self._show(frame)
                    yield frame
                    changed = asked[0] is not self.settings or asked[1] != self.speed
                    if changed or self.run is not mine or time.monotonic() > end:
                        break
            if self.run is not mine:
                return
            if start is not None and self.latest is not None:
                done += self.latest.step - start
            self.over = time.monotonic() > end or done >= STEPS
            if not changed or self.over:
                return

    def sub_step(self, backend: Any, settings: PlaySettings, player: str) -> Frame | None:
        """The next thing that happens in a step; a run ends. None if it is cancelled.

        Raises as ``backend.play_step`` does.
        """
        self.run = None
        return self._sub_step(self.interrupt(), backend, settings, player)

    def slow_motion(
        self, backend: Any, settings: PlaySettings, player: str, rest: float
    ) -> Iterator[Frame]:
        """The rest of the step, or a whole one, until :meth:`interrupt`; a run ends.

        rest: seconds from one frame to the next. Raises as ``backend.play_step`` does.
        """
        self.run = None
        mine = self.interrupt()
        while (frame := self._sub_step(mine, backend, settings, player)) is not None:
            yield frame
            if not self.sub_steps:
                return
            end = time.monotonic() + rest
            while self.slow is mine and time.monotonic() < end:
                time.sleep(0.05)

    def _sub_step(
        self, mine: object, backend: Any, settings: PlaySettings, player: str
    ) -> Frame | None:
        """None where ``mine`` is no longer what goes on."""
        frames = self.sub_steps
        if not frames and self.slow is mine:
            self.settings = settings
            frames = list(_stream(backend.play_step, settings, self.snapshot, player))
        if self.slow is not mine or not frames:
            return None
        frame, self.sub_steps = frames[0], frames[1:]
        self._show(frame)
        return frame

    def _show(self, frame: Frame) -> None:
        """Put a frame on show; of the same or a later step, it takes the old one's place."""
        limit = max(2, min(MOMENTS, MOMENTS_BYTES // _weight(frame) - 1))
        if limit != self._limit:  # the networks have another size now
            self._limit = limit
            self._remember(self.moments, self.curve)
        later = self.latest is None or frame.step > self.latest.step
        self.latest = frame
        if later and (not self.curve or self.curve[-1][0] < frame.step):
            self._moments.add(frame)
            self._curve.add(view.point(frame))
            self.moments, self.curve = self._moments.items(), self._curve.items()
        elif self.moments and self.moments[-1].step >= frame.step:
            self._remember(
                [each for each in self.moments if each.step < frame.step] + [frame],
                [each for each in self.curve if each[0] < frame.step] + [view.point(frame)],
            )

    def _remember(self, moments: list[Frame], curve: list[view.Point]) -> None:
        self._moments, self._curve = Evenly(self._limit), Evenly(POINTS)
        for frame in moments:
            self._moments.add(frame)
        for point in curve:
            self._curve.add(point)
        self.moments = self._moments.items()
        self.curve = self._curve.items()


def _stream(method: Callable[..., Any], *asked: Any) -> Generator[Frame, None, None]:
    """What the call streams; nothing if it is cancelled before its turn comes."""
    with suppress(CallCancelled), closing(method(*asked)) as frames:
        yield from frames


def _weight(frame: Frame) -> int:
    return len(frame.snapshot) + frame.heat.nbytes + frame.manifold.nbytes
