"""How much an address may send."""

from __future__ import annotations

from host.addresses import counted_as
from host.settings import Limits
from host.web.answers import Refusal, in_words
from host.web.windows import Window

_HOUR = 3600.0
_ALL = "all"


class Uploads:
    """Megabytes of files within an hour, by address and in all."""

    def __init__(self, limits: Limits) -> None:
        self._window = Window(_HOUR)
        self._limits = (
            (limits.address_upload_mb, "You have", False),
            (limits.all_upload_mb, "All visitors together have", True),
        )

    def check(self, address: str, size: int) -> None:
        """Whether ``size`` bytes more are within the limits. Raises Refusal."""
        for limit, who, everybody in self._limits:
            if limit is None:
                continue
            key = _ALL if everybody else counted_as(address)
            if size > limit * 1e6:
                raise Refusal(413, f"This is over the limit of {limit:g} MB an hour.")
            wait = self._window.wait(key, size, limit * 1e6)
            if wait:
                raise Refusal(
                    429,
                    f"{who} uploaded as much as the limit of {limit:g} MB within an hour "
                    f"allows. Please come back {in_words(wait)}.",
                    wait,
                )

    def count(self, address: str, size: int) -> None:
        """Bytes that came. Raises Refusal when they are over a limit."""
        self.check(address, size)
        self._window.add(counted_as(address), size)
        self._window.add(_ALL, size)
