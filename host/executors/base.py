"""An executor: one worker, its states, and the calls that wait for it.

new -> starting -> ready -> (crash, hang, failed start) broken -> starting ...
                        -> (idle) new          any -> stopped
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil

from host import caller, wire
from host.executors.call import Call, CallCancelled, WorkerError
from host.executors.limits import Ladder, Limits
from host.executors.link import CannotStart, Link
from host.executors.memory import Watch
from host.executors.status import Status
from host.plugin import UserError

log = logging.getLogger("host.executor")

_DEFAULTS = Limits()
_POLL = 0.05  # seconds between looks at clocks and flags while the worker is silent


class _LinkLost(Exception):
    """The worker's end of the pipe closed."""


class Executor:
    """Runs calls one at a time, in order, on one worker that it starts when needed.

    A single thread of its own owns the worker from start to end; callers only queue calls.
    """

    def __init__(
        self, name: str, device: str, open_link: Callable[[], Link], limits: Limits = _DEFAULTS
    ) -> None:
        self.name, self.device = name, device
        self._open_link, self._limits = open_link, limits
        self._memory = Watch(limits.memory)
        self._link: Link | None = None
        self._jobs: queue.Queue[Call | None] = queue.Queue()  # None: only start the worker
        self._current: Call | None = None
        self._state = "new"
        self._health: dict[str, str] = {}
        self._calls = self._starts = self._failures = 0
        self._last_error = self._sentence = self._trace = ""
        self._not_before = 0.0
        self._restart = threading.Event()
        self._stop = threading.Event()
        self._replaced = False
        self._thread = threading.Thread(target=self._run, name=f"executor-{name}", daemon=True)
        self._thread.start()

    # -- for callers, from any thread

    def submit(self, call: Call) -> None:
        """Queue a call. It fails at once when the executor is stopped."""
        self._jobs.put(call)
        if self._stop.is_set():  # looked at last, or the thread might have left the call behind
            call.fail(self._shutting_down())

    def warm_up(self) -> None:
        """Start the worker in the background, if it is not running."""
        self._jobs.put(None)

    def restart(self) -> None:
        """End the worker, whatever it does, and start a fresh one."""
        self._restart.set()
        self.warm_up()

    def stop(self, replaced: bool = False) -> None:
        """End the worker and fail the calls that wait. Idempotent.

        replaced: another executor goes on in its place, as the running call is told.
        """
        self._replaced = replaced
        self._stop.set()
        self._jobs.put(None)
        self._thread.join()

    @property
    def burden(self) -> tuple[bool, float]:
        """How bad a choice it is for the next call; smaller is better.

        Last comes a worker that may not start yet: failing fast must not make it look idle. Then
        fewer calls, and among equals one that need not start first.
        """
        calls = self._waiting + (self._current is not None)
        return time.monotonic() < self._not_before, calls + 0.5 * (self._state != "ready")

    @property
    def _waiting(self) -> int:
        """Calls that nobody has taken back; what only starts a worker is none."""
        with self._jobs.mutex:
            return sum(job is not None and not job.cancelled for job in self._jobs.queue)

    def status(self) -> Status:
        link = self._link
        pid = link.pid if link else None
        memory = None
        if pid is not None:
            try:
                memory = self._memory.resident(pid)
            except psutil.Error:
                pid = None
        return Status(
            device=self.device,
            state=self._state,
            busy=self._current is not None,
            waiting=self._waiting,
            pid=pid,
            memory=memory,
            calls=self._calls,
            restarts=max(0, self._starts - 1),
            last_error=self._last_error,
            health=self._health,
            sentence=self._sentence,
            trace=self._trace,
        )

    # -- the executor's own thread

    def _run(self) -> None:
        last_used = time.monotonic()
        while not self._stop.is_set():
            try:
                job = self._jobs.get(timeout=1.0)
            except queue.Empty:
                self._survive(self._look_after_idle_worker, time.monotonic() - last_used)
                continue
            if self._restart.is_set():
                self._restart.clear()
                self._survive(self._end_link, "new")
                self._failures, self._not_before = 0, 0.0
            if job is not None and self._stop.is_set():
                job.fail(self._shutting_down())
            elif not self._stop.is_set():
                self._do(job)
            last_used = time.monotonic()
        self._survive(self._end_link, "stopped")
        while not self._jobs.empty():
            if (job := self._jobs.get()) is not None:
                job.fail(self._shutting_down())

    def _do(self, job: Call | None) -> None:
        self._current = job
        with caller.acting_for(job.caller if job else caller.Caller()):
            outcome = self._outcome(job)
        self._current = None  # before the caller can look
        if job is not None:
            if isinstance(outcome, Exception):
                job.fail(outcome)
            else:
                job.finish(outcome[0])

    def _outcome(self, job: Call | None) -> tuple[Any] | Exception:
        """Start the worker if need be and run the call: its value, or what it should raise."""
        try:
            self._ensure_ready()
            if job is not None and job.begin():
                return self._serve(job)
        except WorkerError as error:
            return error
        except Exception:
            log.exception("%s: the executor failed", self.name)
            self._survive(self._end_link, "broken")
            return WorkerError(f"Something went wrong in {self.name}.")
        return (None,)

    def _survive(self, step: Callable[..., None], *args: Any) -> None:
        """Run a step that must not end this thread, whatever it raises."""
        try:
            step(*args)
        except Exception:
            log.exception("%s: the executor failed", self.name)

    def _shutting_down(self) -> WorkerError:
        return WorkerError(f"{self.name} is shutting down.")

    def _told_to_end(self) -> WorkerError:
        if self._stop.is_set() and not self._replaced:
            return self._shutting_down()
        return WorkerError(f"The {self.name} worker was restarted.")

    def _look_after_idle_worker(self, idle: float) -> None:
        if self._link is None:
            return
        if not self._link.alive():
            self._broke("between calls, " + self._link.last_words())
        elif self._memory.exceeded(self._link.pid):
            self._took_too_much()
        elif self._limits.idle is not None and idle > self._limits.idle:
            log.info("%s: unloaded after %.0f s without a call", self.name, idle)
            self._end_link("new")

    def _ensure_ready(self) -> None:
        if self._link is not None and not self._link.alive():
            self._broke("between calls, " + self._link.last_words())
        if self._link is not None:
            return
        wait = self._not_before - time.monotonic()
        if wait > 0:
            raise WorkerError(
                f"{self._sentence} It failed {self._failures} times in a row and will be tried "
                f"again in {wait:.0f} s."
            )
        self._state, self._trace = "starting", ""
        began = time.monotonic()
        try:
            self._link = self._open_link()
            self._starts += 1
            kind, *fields = self._await_start(began)
        except _LinkLost:
            raise self._broke(f"while starting, {self._last_words()}") from None
        except CannotStart as error:
            raise self._broke(str(error), f"{self.name} {error.sentence}") from None
        except (OSError, ModuleNotFoundError) as error:
            raise self._broke(f"it could not be started: {error}") from error
        if kind == "broken":
            text, trace, public = fields
            log.error("%s: the backend could not be built\n%s", self.name, trace)
            self._trace = trace
            reason = f": {text}" if public else ". The log says why."
            raise self._broke(text, sentence=f"{self.name} could not be started{reason}")
        self._health = fields[0]
        self._state = "ready"
        log.info("%s: ready on %s in %.1f s", self.name, self.device, time.monotonic() - began)

    def _await_start(self, began: float) -> tuple[Any, ...]:
        while (message := self._receive()) is None:
            if self._stop.is_set() or self._restart.is_set():
                self._end_link("new")
                raise self._told_to_end()
            if time.monotonic() - began > self._limits.start:
                raise self._broke(f"it was not ready within {self._limits.start:.0f} s")
            if self._memory.exceeded(self._link.pid if self._link else None):
                raise self._took_too_much()
        return message

    def _serve(self, call: Call) -> tuple[Any] | Exception:
        assert self._link is not None
        self._calls += 1
        message = ("call", call.caller.id, call.method, call.args, call.kwargs)
        try:
            wire.send(self._link.connection, wire.encode(message))
            outcome = self._follow(call)
        except wire.NotSendable as error:
            log.error("%s.%s: an argument cannot be sent: %s", self.name, call.method, error)
            self._last_error = f"{call.method}: {error}"
            outcome = WorkerError(f"Something went wrong in {self.name}.")
        except (_LinkLost, OSError):
            outcome = self._broke(f"in {call.method}, {self._last_words()}")
        return outcome

    def _follow(self, call: Call) -> tuple[Any] | Exception:
        """Relay messages until the call ends, climbing the ladder when it must."""
        ladder = Ladder(self._limits)
        began = time.monotonic()
        too_late: WorkerError | None = None
        unread: list[Any] = []  # an item the reader has no room for yet
        while True:
            if unread and (call.cancelled or too_late or call.offer(unread[0], _POLL)):
                unread.clear()
            try:
                message = None if unread else self._receive()
            except wire.NotSendable as error:
                # Its answer arrived but makes no sense here; nothing says what would follow.
                log.error("%s.%s: %s", self.name, call.method, error)
                self._end_link("new")
                return self._something_wrong(call, str(error))
            if message is not None:
                kind, *fields = message
                if kind == "stream":
                    call.streams()
                elif kind == "output":
                    unread = fields
                elif kind == "done":
                    self._failures = 0
                    return (fields[0],)
                else:
                    self._failures = 0
                    return too_late or self._failure(call, *fields)
            if self._stop.is_set() or self._restart.is_set():
                self._end_link("new")
                return self._told_to_end()
            if self._memory.exceeded(self._link.pid if self._link else None):
                return self._took_too_much()
            if too_late is None and time.monotonic() - began > self._limits.call:
                too_late = WorkerError(
                    f"{self.name} took longer than its limit of {self._limits.call:g} s "
                    "and was stopped."
                )
                self._last_error = f"{call.method}: {too_late}"
                log.warning("%s", too_late)
            if call.cancelled or too_late:
                self._climb(ladder, call)
                if self._link is None:
                    return too_late or CallCancelled("Stopped.")

    def _climb(self, ladder: Ladder, call: Call) -> None:
        assert self._link is not None
        step = ladder.due()
        if step == "ask":
            wire.send(self._link.connection, wire.encode(("cancel", call.caller.id)))
        elif step == "interrupt":
            log.warning("%s.%s: did not stop when asked; interrupting", self.name, call.method)
            self._link.interrupt()
        elif step == "kill":
            log.warning("%s.%s: did not stop; ending its worker", self.name, call.method)
            self._end_link("new", grace=0.0)

    def _failure(self, call: Call, kind: str, text: str, trace: str) -> Exception:
        if kind == "user":
            return UserError(text)
        if kind == "cancelled":
            return CallCancelled("Stopped.")
        log.error("%s.%s: %s\n%s", self.name, call.method, text, trace)
        return self._something_wrong(call, text, trace)

    def _something_wrong(self, call: Call, text: str, trace: str = "") -> WorkerError:
        self._last_error = f"{call.method}: {text}"
        error = WorkerError(f"Something went wrong in {self.name}.")
        error.trace = trace
        return error

    def _broke(self, why: str, sentence: str | None = None) -> WorkerError:
        """Record a crash; the next start has to wait for the back-off."""
        log.error("the %s worker: %s", self.name, why)
        self._failures += 1
        self._last_error = why
        self._not_before = time.monotonic() + self._limits.wait_after(self._failures)
        self._end_link("broken", grace=0.0)
        default = f"The {self.name} worker stopped unexpectedly. Please try again."
        self._sentence = sentence or default
        return WorkerError(self._sentence)

    def _took_too_much(self) -> WorkerError:
        sentence = f"{self.name} {self._memory.excess}"
        return self._broke(sentence, sentence)

    def _end_link(self, state: str, grace: float = 1.0) -> None:
        link, self._link = self._link, None
        self._state = state
        if link is None:
            return
        try:
            wire.send(link.connection, wire.encode(("shutdown",)))
        except OSError:
            grace = 0.0
        link.end(grace)

    def _receive(self) -> tuple[Any, ...] | None:
        assert self._link is not None
        try:
            if not self._link.connection.poll(_POLL):
                return None
            return wire.receive(self._link.connection)
        except (EOFError, OSError) as error:
            raise _LinkLost from error

    def _last_words(self) -> str:
        return self._link.last_words() if self._link else "it is gone"
