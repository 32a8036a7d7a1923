"""One call of a backend method, and the stream it may turn into."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from host.caller import Caller
from host.plugin import UserError


class WorkerError(Exception):
    """A call failed for a reason that is not the visitor's. Its text is fit for a visitor.

    trace: the worker's traceback, for the author; "" when there is none.
    """

    trace = ""


class CallCancelled(WorkerError):
    """The call was stopped before it had an answer."""


class Call:
    """Made by a caller's thread, answered by the executor's.

    The executor runs at most ``_AHEAD`` items ahead of the reader, so an unread stream stops
    growing.
    """

    _AHEAD = 4

    def __init__(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], caller: Caller
    ) -> None:
        self.method, self.args, self.kwargs, self.caller = method, args, kwargs, caller
        self.cancelled = False
        self.outcome = ""
        """Once ended: "done", "cancelled", "refused" (a UserError) or "failed"."""
        self.waited = self.seconds = 0.0
        """Before its turn, and on the worker."""
        self._moment = time.monotonic()
        self.on_begin: Callable[[], None] = lambda: None
        self.on_end: Callable[[], None] = lambda: None
        self._begun = self._ended = False
        # Re-entrant: the garbage collector may close a stream while its thread holds a lock.
        self._lock = threading.RLock()
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._room = threading.Semaphore(self._AHEAD)

    # -- the caller's side

    def result(self) -> Any:
        """The value, or a :class:`Stream`. Blocks. Raises what the call raised."""
        kind, value = self._events.get()
        if kind == "stream":
            return Stream(self)
        if kind == "error":
            raise value
        return value

    def cancel(self) -> None:
        """Ask for the end. A stream then ends early; a value raises CallCancelled.

        A call that still waits for its turn ends at once.
        """
        with self._lock:
            self.cancelled = True
            if not self._begun:
                self.fail(CallCancelled("Stopped before it began."))

    def next_item(self) -> Any:
        """The stream's next item. Raises StopIteration at its end, or what the call raised."""
        kind, value = self._events.get()
        if kind == "output":
            self._room.release()
            return value
        self._events.put((kind, value))  # the end stays, for whoever asks again
        if kind == "error" and not isinstance(value, CallCancelled):
            raise value
        raise StopIteration(value if kind == "done" else None)

    # -- the executor's side

    def begin(self) -> bool:
        """Its turn has come. False if it has ended already and must not run."""
        with self._lock:
            self._begun = not self._ended
            if self._begun:
                now = time.monotonic()
                self.waited, self._moment = now - self._moment, now
                self.on_begin()
            return self._begun

    def streams(self) -> None:
        """The answer is a stream; outputs follow."""
        self._events.put(("stream", None))

    def offer(self, item: Any, timeout: float) -> bool:
        """Hand on one item; False when the reader is too far behind to take it by now."""
        if self._room.acquire(timeout=timeout):
            self._events.put(("output", item))
            return True
        return False

    def finish(self, value: Any = None) -> None:
        self._end("done", value)

    def fail(self, error: Exception) -> None:
        self._end("error", error)

    def _end(self, kind: str, value: Any) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
            self.outcome = _outcome(kind, value)
            passed = time.monotonic() - self._moment
            if self._begun:
                self.seconds = passed
            else:
                self.waited = passed
        self._events.put((kind, value))
        self.on_end()


def _outcome(kind: str, value: Any) -> str:
    if kind == "done":
        return "done"
    if isinstance(value, CallCancelled):
        return "cancelled"
    return "refused" if isinstance(value, UserError) else "failed"


class Stream(Iterator[Any]):
    """The items of a call that is a generator in the worker. Closing it cancels the call."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __next__(self) -> Any:
        return self._call.next_item()

    def close(self) -> None:
        self._call.cancel()

    def __del__(self) -> None:
        self.close()
