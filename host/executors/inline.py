"""The inline executor's link: a thread of the web process."""

from __future__ import annotations

import contextlib
import threading
from multiprocessing.connection import Connection

from host.deadline import raise_in
from host.executors.link import socket_pair
from host.worker import BackendSpec, Interrupted, Server


class ThreadLink:
    """A thread of this process: nothing isolates it, and a hang can only be abandoned."""

    pid = None

    def __init__(self, spec: BackendSpec) -> None:
        self.connection, theirs = socket_pair()
        self._server = Server(Connection(theirs.detach()), spec.build)
        self._thread = threading.Thread(
            target=self._run, args=(self._server,), name=f"inline-{spec.plugin}", daemon=True
        )
        self._thread.start()

    @staticmethod
    def _run(server: Server) -> None:
        with contextlib.suppress(Interrupted):
            server.run()
        with contextlib.suppress(OSError):  # the host has closed its end already
            server.close()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def interrupt(self) -> None:
        if self._server.interruptible:
            raise_in(self._thread, Interrupted)

    def end(self, grace: float) -> None:
        self._thread.join(grace)
        self.connection.close()

    def last_words(self) -> str:
        return "its thread ended"
