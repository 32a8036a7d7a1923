"""A worker: runs one backend, one call at a time, and answers over a pipe.

:func:`main` is the child process of the process executor. The inline executor runs the same
:class:`Server` in a thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import inspect
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from host import caller, logs, wire
from host.devices import Device
from host.heap import Heap
from host.plugin import Context, UserError
from host.weights import WeightsStore


@dataclass(frozen=True)
class BackendSpec:
    """All a worker needs to build its backend; crosses the pipe first."""

    plugin: str
    backend: str
    device: Device
    cache_dir: Path
    weights: WeightsStore
    settings: dict[str, Any] = field(default_factory=dict)
    log_level: str = "info"
    log_format: str = "text"

    def build(self) -> Any:
        """Import the backend's class and construct it. Raises whatever it raises."""
        module, _, name = self.backend.partition(":")
        factory = getattr(importlib.import_module(module), name)
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        return factory(
            Context(
                plugin=self.plugin,
                device=self.device,
                weights=self.weights,
                cache_dir=self.cache_dir,
                settings=self.settings,
            )
        )


class Interrupted(BaseException):
    """Raised inside backend code that did not stop when asked to."""


class Server:
    """Serves the calls that arrive on ``connection`` until it closes.

    The thread that calls :meth:`run` runs the backend; a second one reads the pipe, so that a
    cancellation is heard in mid-call and the host's end is noticed at once (``on_lost``).
    """

    def __init__(
        self,
        connection: Connection,
        build: Callable[[], Any],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._connection = connection
        self._build = build
        self._on_lost = on_lost
        self._calls: queue.SimpleQueue[tuple[Any, ...] | wire.NotSendable | None]
        self._calls = queue.SimpleQueue()
        self._call_id: str | None = None
        self._cancelled = False
        self.interruptible = False
        """True while backend code runs."""

    def run(self) -> None:
        """Build the backend, say so, and serve until shutdown or the pipe's end."""
        threading.Thread(target=self._read, name="worker-reader", daemon=True).start()
        with contextlib.suppress(OSError):  # the host is gone: nobody is left to tell
            try:
                backend = self._build()
                health = _health(backend)
            except (Exception, SystemExit) as error:  # noqa: BLE001  it is a plugin's code
                text, public = _describe_start(error)
                self._send("broken", text, traceback.format_exc(), public)
                return
            self._send("ready", health)
            heap = Heap()
            while (call := self._calls.get()) is not None:
                # An interrupt that lands after its call ended has nothing left to stop.
                with contextlib.suppress(Interrupted):
                    if isinstance(call, wire.NotSendable):
                        self._send("error", "failed", f"an argument: {call}", "")
                    else:
                        self._serve(backend, *call)
                heap.trim()
            if (close := getattr(backend, "close", None)) is not None:
                close()

    def close(self) -> None:
        """Tell the host that nothing more will come.

        Shut down, not closed: the reader thread may be inside a read of it.
        """
        with socket.socket(fileno=os.dup(self._connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)

    def interrupt(self) -> None:
        """Raise Interrupted if backend code is running; called on the thread running it."""
        if self.interruptible:
            raise Interrupted

    def _read(self) -> None:
        while True:
            try:
                kind, *fields = wire.receive(self._connection)
            except wire.NotSendable as error:
                self._calls.put(error)
                continue
            except (OSError, EOFError):
                self._cancelled = True
                self._on_lost()
                break
            if kind == "shutdown":
                break
            if kind == "call":
                self._calls.put(tuple(fields))
            elif fields[0] == self._call_id:
                self._cancelled = True
        self._calls.put(None)

    def _serve(
        self, backend: Any, call_id: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._cancelled = False
        self._call_id = call_id
        try:
            with caller.acting_for(caller.Caller(call_id)):
                answer = self._answer(backend, method, args, kwargs)
        except Interrupted:
            answer = ("error", "cancelled", "", "")
        except UserError as error:
            answer = ("error", "user", str(error), "")
        except wire.NotSendable as error:
            text = f"what {method} returned cannot leave the worker: {error}"
            answer = ("error", "failed", text, "")
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001  likewise
            answer = ("error", "failed", _describe(error), traceback.format_exc())
        finally:
            self._call_id = None
        try:
            self._send(*answer)
        except wire.NotSendable as error:
            text = f"what {method} returned cannot leave the worker: {error}"
            self._send("error", "failed", text, "")

    def _answer(
        self, backend: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        method = None if name.startswith("_") else getattr(backend, name, None)
        if not callable(method):
            return ("error", "missing", f"{type(backend).__name__} has no method {name}", "")
        with self._interrupts():
            result = method(*args, **kwargs)
        if not inspect.isgenerator(result):
            return ("done", result)
        self._send("stream")
        try:
            while not self._cancelled:
                with self._interrupts():
                    item = next(result)
                self._send("output", item)
        except StopIteration as stop:
            return ("done", stop.value)
        finally:
            with self._interrupts():
                result.close()
        return ("error", "cancelled", "", "")

    @contextlib.contextmanager
    def _interrupts(self) -> Iterator[None]:
        # Only backend code may be interrupted: half a message would garble the pipe.
        self.interruptible = True
        try:
            yield
        finally:
            self.interruptible = False

    def _send(self, *message: Any) -> None:
        wire.send(self._connection, wire.encode(message))


def _health(backend: Any) -> dict[str, str]:
    health = getattr(backend, "health", None)
    return {str(key): str(value) for key, value in health().items()} if health else {}


def _describe(error: BaseException) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _describe_start(error: BaseException) -> tuple[str, bool]:
    """What went wrong, and whether a visitor may read it."""
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        package = error.name.partition(".")[0]
        return f"its Python has no package {package}; install it there.", True
    return _describe(error), isinstance(error, UserError)


def die_with(parent_pid: int) -> None:
    """Ask Linux to kill this process when the thread that started it ends.

    The closing pipe tells a worker's reader thread the same, but not while native code holds the
    GIL.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(0)


def _die_first() -> None:
    """Where memory runs out, Linux is to end this process rather than the web process."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def main(fd: str, parent_pid: str) -> None:
    die_with(int(parent_pid))
    _die_first()
    connection = Connection(int(fd))
    spec: BackendSpec = wire.receive(connection)[0]
    logs.configure(spec.log_level, spec.log_format)
    server = Server(connection, spec.build, on_lost=lambda: os.killpg(0, signal.SIGKILL))
    signal.signal(signal.SIGINT, lambda *_: server.interrupt())
    server.run()
