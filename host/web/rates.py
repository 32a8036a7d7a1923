"""How much and how often an address may send."""

from __future__ import annotations

from host.settings import Limits
from host.web.answers import Refusal, in_words
from host.web.windows import Window, neighbourhood

_HOUR = 3600.0
_TRIES, _TRIES_WITHIN = 10, 300.0  # logins, seconds
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
            key = _ALL if everybody else neighbourhood(address)
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
        self._window.add(neighbourhood(address), size)
        self._window.add(_ALL, size)


class Logins:
    """Tries to sign in, by address."""

    def __init__(self) -> None:
        self._window = Window(_TRIES_WITHIN)

    def enter(self, address: str) -> None:
        """Raises Refusal for one too many."""
        key = neighbourhood(address)
        wait = self._window.wait(key, 1, _TRIES)
        if wait:
            raise Refusal(
                429, f"These were too many tries. Please try again {in_words(wait)}.", wait
            )
        self._window.add(key)
