"""Work in a thread, told of by a generator.

A diffusers pipeline is one long call. A backend's method that streams must come back about once a
second, or the host cannot tell it that the visitor pressed Stop. So the pipeline runs in a thread
and the method hands on what the thread tells.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_SILENCE = 0.5  # seconds without news after which the reader gets None


class Stopped(Exception):
    """Raised in the thread, at the next chance, when nobody wants its work any more."""


class Outlet:
    """What the work is given: a place for its news, and the visitor's wish to stop."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = threading.Event()

    def tell(self, item: Any) -> None:
        """Hand ``item`` to the reader. Raises Stopped like :meth:`check`."""
        self.check()
        self.news.put(item)

    def check(self) -> None:
        """Raises Stopped when the reader has gone."""
        if self.stop.is_set():
            raise Stopped


@dataclass(frozen=True)
class _End:
    error: BaseException | None


class Background:
    """Runs one piece of work at a time."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[Outlet], None]) -> Iterator[Any]:
        """Yields what ``work`` tells, and None after half a second of silence.

        Raises what ``work`` raises. Closing the iterator ends the work and waits for that.
        """
        # The host may have interrupted the wait below: two pieces of work must not meet.
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(_SILENCE)
            yield None
        outlet = Outlet()

        def body() -> None:
            try:
                work(outlet)
            except BaseException as error:  # noqa: BLE001  raised again by the reader
                outlet.news.put(_End(error))
            else:
                outlet.news.put(_End(None))

        self._thread = threading.Thread(target=body, name="text-to-image", daemon=True)
        self._thread.start()
        try:
            while True:
                try:
                    item = outlet.news.get(timeout=_SILENCE)
                except queue.Empty:
                    item = None
                if not isinstance(item, _End):
                    yield item
                elif item.error is not None:
                    raise item.error
                else:
                    return
        finally:
            outlet.stop.set()
            self._thread.join()
