"""How much happened lately, for each address and in all."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable

_SLICES = 60  # of a window; what is older than the window by less than a slice still counts


class Window:
    """Amounts by key within the last ``seconds``. For one thread, the event loop's.

    Takes memory for the keys of one window, at most ``_SLICES`` numbers each.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._slice, self._clock = seconds / _SLICES, clock
        self._amounts: dict[Hashable, dict[int, float]] = defaultdict(dict)
        self._swept = self._now()

    def add(self, key: Hashable, amount: float = 1) -> None:
        now = self._now()
        slices = self._amounts[key]
        slices[now] = slices.get(now, 0) + amount
        if now - self._swept >= _SLICES:
            self._sweep(now)

    def total(self, key: Hashable) -> float:
        oldest = self._now() - _SLICES
        return sum(n for when, n in self._amounts.get(key, {}).items() if when > oldest)

    def wait(self, key: Hashable, amount: float, limit: float) -> float:
        """Seconds until ``amount`` more stays within ``limit``; 0 for now."""
        now = self._now()
        left = self.total(key)
        for when, n in sorted(self._amounts.get(key, {}).items()):
            if left + amount <= limit:
                break
            if when > now - _SLICES:
                left -= n
                now_to_then = (when + _SLICES) * self._slice - self._clock()
                if left + amount <= limit:
                    return max(1.0, now_to_then)
        return 0.0 if left + amount <= limit else _SLICES * self._slice

    def _now(self) -> int:
        return int(self._clock() / self._slice)

    def _sweep(self, now: int) -> None:
        self._swept = now
        for key, slices in list(self._amounts.items()):
            kept = {when: n for when, n in slices.items() if when > now - _SLICES}
            if kept:
                self._amounts[key] = kept
            else:
                del self._amounts[key]
