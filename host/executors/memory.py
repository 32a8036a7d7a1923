"""How much memory a worker takes, its children included."""

from __future__ import annotations

import time

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


class Watch:
    """Looks at one worker's memory, at most once a second: it has to look at every process.

    limit: bytes; None for none.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._seen: tuple[int, float, int] | None = None

    def resident(self, pid: int) -> int:
        """Bytes, from the last second. Raises psutil.Error when the process is gone."""
        now = time.monotonic()
        if self._seen is None or self._seen[0] != pid or now - self._seen[1] > _PERIOD:
            self._seen = pid, now, resident(pid)
        return self._seen[2]

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
