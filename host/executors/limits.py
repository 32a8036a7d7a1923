"""How long things may take, and what happens to a call that will not stop."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds, but for ``memory``.

    start: from launching a worker to its first word.
    call: from its first step to its end, streams included.
    interrupt_after, kill_after: the ladder of a call that should stop: it is asked, after
        ``interrupt_after`` interrupted, and ``kill_after`` later its worker is killed.
    backoff: wait before the second start after a crash; the first is at once, later ones double
        it, up to 60 times.
    idle: unload a worker nobody called for that long; None keeps it.
    memory: bytes above which a worker, its children included, is ended; None lets it grow.
    """

    start: float = 300.0
    call: float = 600.0
    interrupt_after: float = 2.0
    kill_after: float = 8.0
    backoff: float = 1.0
    idle: float | None = None
    memory: int | None = None

    def wait_after(self, failures: int) -> float:
        """Seconds until the next start after so many failures in a row."""
        return 0.0 if failures <= 1 else self.backoff * min(60.0, 2.0 ** (failures - 2))


class Ladder:
    """When to ask, interrupt and kill a call that should stop."""

    def __init__(self, limits: Limits) -> None:
        self._steps = [
            ("ask", 0.0),
            ("interrupt", limits.interrupt_after),
            ("kill", limits.interrupt_after + limits.kill_after),
        ]
        self._began: float | None = None

    def due(self) -> str | None:
        """The next step if its time has come, else None."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
        if self._steps and now - self._began >= self._steps[0][1]:
            return self._steps.pop(0)[0]
        return None
