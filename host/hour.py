"""How much there was within the last hour."""

from __future__ import annotations

import math
from collections import deque

HOUR = 3600.0
_TOGETHER = 60.0  # seconds within which amounts become one entry


class Hour:
    """A sum over the last hour, in a memory that does not grow."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, float, float]] = deque()  # first, last, amount

    def add(self, now: float, amount: float) -> None:
        """now: seconds of any steady clock, the same for every method."""
        if self._entries and now - self._entries[-1][0] < _TOGETHER:
            first, _, before = self._entries.pop()
            self._entries.append((first, now, before + amount))
        else:
            self._entries.append((now, now, amount))

    def total(self, now: float) -> float:
        """What was added within the last hour, or up to a minute longer ago."""
        while self._entries and now - self._entries[0][1] >= HOUR:
            self._entries.popleft()
        return math.fsum(amount for _, _, amount in self._entries)

    def wait(self, now: float, limit: float, more: float = 0.0) -> float:
        """Seconds until the sum is under the limit, if nothing is added but ``more`` now.

        An hour where that alone is over it.
        """
        left, passed = self.total(now) + more, 0.0
        for _, last, amount in self._entries:
            if left < limit:
                return passed
            left, passed = left - amount, last + HOUR - now
        return passed if left < limit else HOUR
