"""What a tab calls: the proxy of a plugin's backend."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from host import caller, metrics
from host.executors.base import Executor
from host.executors.call import Call
from host.quotas import Quotas

log = logging.getLogger("host.calls")


class Backend:
    """Calls methods of a plugin's backend, wherever it runs.

    ``backend.verify(a, b)`` returns the method's value. A generator method returns an iterator
    that streams. The proxy's own names (``cancel``, ``cancel_for``, ``device``, ``settings``) are
    taken.

    Raises UserError as the backend raised it, and WorkerError (whose text is fit for a visitor)
    when the backend failed, crashed, hung, took too long or could not be started.
    """

    def __init__(
        self,
        executors: Sequence[Executor],
        settings: Mapping[str, Any] | None = None,
        plugin: str = "",
        quotas: Quotas | None = None,
    ) -> None:
        self._executors = executors
        self._plugin, self._quotas = plugin, quotas
        self.settings = settings or {}
        """The plugin's own options, as its backend gets them in ``context.settings``."""
        self._calls: set[Call] = set()
        self._lock = (
            threading.RLock()
        )  # a refused call ends, and is forgotten, while it is submitted

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)
        return functools.partial(self._invoke, method)

    @property
    def device(self) -> str:
        """The device or devices it runs on, as a person calls them."""
        return ", ".join(executor.device for executor in self._executors)

    def cancel(self, *methods: str) -> None:
        """End the running and waiting calls of this visitor; their streams simply end.

        methods: only calls of these; without any, of all.
        """
        if (visitor := caller.current().visitor) is not None:
            self.cancel_for(visitor, *methods)

    def cancel_for(self, visitor: str | None, *methods: str) -> None:
        """The same for a visitor named by session hash, say one who left."""
        with self._lock:
            calls = [
                call
                for call in self._calls
                if call.caller.visitor == visitor and (not methods or call.method in methods)
            ]
        for call in calls:
            call.cancel()

    def _invoke(self, method: str, *args: Any, **kwargs: Any) -> Any:
        call = Call(method, args, kwargs, caller.current())
        if self._quotas is not None:
            self._quotas.enter(call.caller)
            call.on_begin = functools.partial(self._quotas.begin, call.caller)
        call.on_end = functools.partial(self._ended, call)
        with self._lock:
            self._calls.add(call)
            # Chosen under the lock, so that two callers do not both take the same idle worker.
            executor = min(self._executors, key=lambda executor: executor.burden)
            executor.submit(call)
        return call.result()

    def _ended(self, call: Call) -> None:
        with self._lock:
            self._calls.discard(call)
        if self._quotas is not None:
            self._quotas.leave(call.caller, call.seconds)
        metrics.ended(self._plugin, call)
        with caller.acting_for(call.caller):
            self._tell(call)

    def _tell(self, call: Call) -> None:
        fields = {
            "plugin": self._plugin,
            "method": call.method,
            "outcome": call.outcome,
            "seconds": round(call.seconds, 3),
            "waited": round(call.waited, 3),
        }
        log.info(
            "%(plugin)s.%(method)s: %(outcome)s in %(seconds).2f s",
            fields,
            extra={"fields": fields},
        )
