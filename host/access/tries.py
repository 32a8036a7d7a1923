"""How often somebody may guess."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from host.addresses import counted_as

_REMEMBERED = 10_000  # addresses


class Tries:
    """Counts wrong passwords and tokens by address. For any thread.

    limit: tries within ``seconds`` of the first. clock: seconds that never go back.
    """

    def __init__(
        self, limit: int = 10, seconds: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._lock = threading.Lock()
        self._tries: dict[str, tuple[float, int]] = {}  # when the first was, and how many

    def begin(self, address: str | None) -> int:
        """Count a try. Returns 0, or the minutes until one is allowed again."""
        who = counted_as(address or "")
        with self._lock:
            now = self._clock()
            first, count = self._tries.get(who, (now, 0))
            if now - first >= self._seconds:
                first, count = now, 0
            if count >= self._limit:
                return max(1, math.ceil((first + self._seconds - now) / 60))
            self._tries.pop(who, None)  # the first in order is who tried last the longest ago
            self._tries[who] = first, count + 1
            if len(self._tries) > _REMEMBERED:
                del self._tries[next(iter(self._tries))]
        return 0

    def right(self, address: str | None) -> None:
        """The try was right: those before it are forgotten."""
        with self._lock:
            self._tries.pop(counted_as(address or ""), None)


def later(what: str, minutes: int) -> str:
    """The sentence for who has guessed too often. what: "passwords"."""
    return f"Too many wrong {what}; try again in {minutes} minute{'' if minutes == 1 else 's'}."
