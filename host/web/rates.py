"""How much an address may send."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from host.addresses import counted_as
from host.hour import Hour
from host.settings import Limits
from host.web.answers import Refusal, in_words

_ALL = "all"
_SWEEP = 60.0  # seconds between looks for addresses that sent nothing within the hour


class Uploads:
    """Megabytes of files within an hour, by address and in all. For one thread, the event loop's.

    clock: seconds that never go back.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hours: dict[str, Hour] = defaultdict(Hour)  # bytes, by address
        self._swept = clock()
        self._limits = (
            (limits.address_upload_mb, "You have", False),
            (limits.all_upload_mb, "All visitors together have", True),
        )

    def check(self, address: str, size: int) -> None:
        """Whether ``size`` bytes more are within the limits. Raises Refusal."""
        now = self._clock()
        for limit, who, everybody in self._limits:
            if limit is None:
                continue
            if size > limit * 1e6:
                raise Refusal(413, f"This is over the limit of {limit:g} MB an hour.")
            hour = self._hours.get(_ALL if everybody else counted_as(address), Hour())
            if wait := hour.wait(now, limit * 1e6 + 1, size):  # up to the limit itself
                raise Refusal(
                    429,
                    f"{who} uploaded as much as the limit of {limit:g} MB within an hour "
                    f"allows. Please come back {in_words(wait)}.",
                    wait,
                )

    def count(self, address: str, size: int) -> None:
        """Bytes that came. Raises Refusal when they are over a limit."""
        self.check(address, size)
        now = self._clock()
        for key in (counted_as(address), _ALL):
            self._hours[key].add(now, size)
        if now - self._swept > _SWEEP:
            self._swept = now
            for key in [key for key, hour in self._hours.items() if not hour.total(now)]:
                del self._hours[key]
