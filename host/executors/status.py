"""How a worker is, for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

STATES = ("ready", "starting", "new", "broken", "stopped")
"""Of a worker, the best first."""


@dataclass(frozen=True)
class Status:
    """What the page shows of one worker.

    memory: bytes, None if it has no process. last_error, trace: for the operator and the author;
    they may hold paths and what visitors sent. sentence: of a broken worker, for everybody.
    """

    device: str
    state: str
    busy: bool = False
    waiting: int = 0
    pid: int | None = None
    memory: int | None = None
    calls: int = 0
    restarts: int = 0
    last_error: str = ""
    health: dict[str, str] = field(default_factory=dict)
    sentence: str = ""
    trace: str = ""


def best(states: Iterable[str]) -> str | None:
    """The best state of several workers, or None of none."""
    return min(states, key=STATES.index, default=None)
