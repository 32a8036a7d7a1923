"""How much memory a worker takes, its children included."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import psutil

_PERIOD = 1.0  # seconds between two looks


def resident(pid: int) -> int:
    """Bytes of the process and its descendants. Raises psutil.Error when it is gone.

    What forked processes share counts once where the system can tell (Linux).
    """
    process = psutil.Process(pid)
    children = process.children(recursive=True)
    if not children:
        return int(process.memory_info().rss)
    return sum(map(_share, [process, *children]))


def _share(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended meanwhile
        return 0


class _Seen(NamedTuple):
    pid: int
    at: float
    size: int


class Watch:
    """Looks at one worker's memory, at most once a second: it has to look at every process.

    limit: bytes; None for none.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._seen = _Seen(-1, 0.0, 0)
        self._looking = threading.Lock()

    def resident(self, pid: int) -> int:
        """Bytes, from the last second or two. Raises psutil.Error when the process is gone.

        While one thread looks, the others get what was seen before: with hundreds of open pages
        they would all look at once, and none would be done within the second.
        """
        seen = self._seen
        if seen.pid == pid and time.monotonic() - seen.at <= _PERIOD:
            return seen.size
        if not self._looking.acquire(blocking=seen.pid != pid):
            return seen.size
        try:
            if self._seen is seen:  # nobody looked while this thread waited
                size = resident(pid)
                self._seen = _Seen(pid, time.monotonic(), size)
            return self._seen.size
        finally:
            self._looking.release()

    def exceeded(self, pid: int | None) -> bool:
        """True if the process takes more than the limit."""
        if self._limit is None or pid is None:
            return False
        try:
            return self.resident(pid) > self._limit
        except psutil.Error:
            return False

    @property
    def excess(self) -> str:
        """The end of a sentence that begins with a name."""
        return f"used more than its {(self._limit or 0) / 1e6:.0f} MB of memory and was stopped."
