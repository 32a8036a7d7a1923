"""What a page remembers of a run: evenly spread over it, and never more than a limit."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Evenly(Generic[T]):
    """Keeps the first item, the latest, and at most ``limit`` evenly spaced ones."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: list[T] = []
        self._every = 1
        self._seen = 0
        self._latest: T | None = None

    def add(self, item: T) -> None:
        if self._seen % self._every == 0:
            self._kept.append(item)
            if len(self._kept) > self._limit:
                del self._kept[1::2]
                self._every *= 2
        self._seen += 1
        self._latest = item

    def items(self) -> list[T]:
        """Oldest first."""
        if self._latest is None or self._kept[-1] is self._latest:
            return list(self._kept)
        return [*self._kept, self._latest]
