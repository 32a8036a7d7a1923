"""What visitors may use at once and within an hour."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from host import metrics
from host.addresses import counted_as
from host.caller import Caller
from host.hour import Hour
from host.plugin import UserError
from host.settings import Limits

_SWEEP = 60.0  # seconds between looks for what is no longer needed

Key = tuple[str, str]  # "visitor", "address" or "all", and which


@dataclass
class _Use:
    """Of one visitor, one address or all."""

    waiting: int = 0
    running: list[float] = field(default_factory=list)  # when each began
    past: Hour = field(default_factory=Hour)

    @property
    def calls(self) -> int:
        return self.waiting + len(self.running)

    def spent_by_running(self, now: float) -> float:
        return math.fsum(now - began for began in self.running)

    def needed(self, now: float) -> bool:
        return self.calls > 0 or self.past.total(now) > 0


@dataclass
class _Event:
    """Whose calls may be several at once; by :attr:`Caller.id`."""

    waiting: int = 0
    running: list[float] = field(default_factory=list)

    def began(self, about: float | None) -> float | None:
        """Take out the call that ends now: when it began, or None for one that still waited."""
        if self.running and (about is not None or not self.waiting):
            began = min(self.running, key=lambda time: abs(time - (about or 0.0)))
            self.running.remove(began)
            return began
        self.waiting -= 1
        return None


class Quotas:
    """Counts what is in use, by visitor, by address and in all. For any thread.

    A call is counted from :meth:`enter` to :meth:`leave`, its seconds from :meth:`begin` until an
    hour after its end.

    clock: seconds that never go back. remembered: visitors and addresses; over that, idle ones
        are forgotten before their hour is over.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        remembered: int = 20_000,
    ) -> None:
        self._limits, self._clock, self._remembered = limits, clock, remembered
        # Re-entrant: the garbage collector may end a call while its thread is in here.
        self._lock = threading.RLock()
        self._uses: dict[Key, _Use] = {}
        self._events: dict[str, _Event] = {}
        self._swept = clock()

    def enter(self, caller: Caller) -> None:
        """A call begins to wait. Raises UserError that says when to come back."""
        with self._lock:
            now = self._clock()
            if now - self._swept > _SWEEP or len(self._uses) > self._remembered:
                self._sweep(now)
            keys = list(_keys(caller))
            for key in keys:
                if key in self._uses:
                    self._check(key[0], self._uses[key], now)
            for key in keys:
                self._uses.setdefault(key, _Use()).waiting += 1
            if keys:
                self._events.setdefault(caller.id, _Event()).waiting += 1

    def begin(self, caller: Caller) -> None:
        """A call that had entered has its turn on a worker."""
        with self._lock:
            now = self._clock()
            for counts in self._counts(caller):
                counts.waiting -= 1
                counts.running.append(now)

    def leave(self, caller: Caller, seconds: float) -> None:
        """A call that had entered has ended, after ``seconds`` on a worker."""
        with self._lock:
            if (event := self._events.get(caller.id)) is None:
                return  # the host's own
            now = self._clock()
            began = event.began(now - seconds if seconds > 0 else None)
            if not (event.waiting or event.running):
                del self._events[caller.id]
            for key in _keys(caller):
                use = self._uses[key]
                if began is None:
                    use.waiting -= 1
                else:
                    use.running.remove(began)
                if seconds > 0 and getattr(self._limits, f"{key[0]}_minutes") is not None:
                    use.past.add(now, seconds)
                del self._uses[key]
                if use.needed(now):
                    self._uses[key] = use  # the last in order is the last that was active

    def _counts(self, caller: Caller) -> Iterator[_Use | _Event]:
        if caller.id in self._events:
            yield self._events[caller.id]
            yield from (self._uses[key] for key in _keys(caller))

    def _check(self, who: str, use: _Use, now: float) -> None:
        calls = getattr(self._limits, f"{who}_calls")
        if calls is not None and use.calls >= calls:
            metrics.refused(f"{who}_calls")
            raise UserError(_TOO_MANY[who].format(_count(calls, "call")))
        minutes = getattr(self._limits, f"{who}_minutes")
        if minutes is None:
            return
        if wait := use.past.wait(now, minutes * 60, use.spent_by_running(now)):
            back = _count(max(1, math.ceil(wait / 60)), "minute")
            metrics.refused(f"{who}_minutes")
            raise UserError(_TOO_LONG[who].format(_count(minutes, "minute"), back))

    def _sweep(self, now: float) -> None:
        self._swept = now
        over = 0
        if len(self._uses) > self._remembered:
            over = len(self._uses) - self._remembered // 2  # so that this is not done at each call
        for key in list(self._uses):
            use = self._uses.get(key)
            if use is None or use.calls or key[0] == "all":
                continue
            if over > 0 or not use.needed(now):
                del self._uses[key]
                over -= 1


def _keys(caller: Caller) -> Iterator[Key]:
    """Whose use a call is; nobody's where the host itself makes it."""
    who = caller.user or caller.visitor
    if who is None and caller.address is None:
        return
    if who is not None:
        yield "visitor", who
    if caller.address is not None:
        yield "address", counted_as(caller.address)
    yield "all", ""


def _count(number: float, what: str) -> str:
    return f"{number:g} {what}{'' if number == 1 else 's'}"


_TOO_MANY = {
    "visitor": "You have {} running or waiting; wait for one to end or stop it.",
    "address": "Your network address has {} running or waiting; come back when one has ended.",
    "all": "This page has {} running or waiting, as many as it takes; come back in a minute.",
}
_TOO_LONG = {
    "visitor": "You have used the {} of computing that a visitor has in an hour; come back in {}.",
    "address": "Your network address has used the {} of computing that it has in an hour; "
    "come back in {}.",
    "all": "The {} of computing that this page has in an hour are used; come back in {}.",
}
