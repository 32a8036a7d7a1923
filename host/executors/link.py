"""Where a worker runs, seen from the host.

Every link speaks the protocol of :mod:`host.wire` over a socket pair, so that everything above
it - states, cancelling, time limits, restarts - is written and tested once.
"""

from __future__ import annotations

import socket
import struct
from multiprocessing.connection import Connection
from typing import Protocol


class CannotStart(Exception):
    """A worker could not even be launched. Its text is for the operator.

    sentence: the end of one for a visitor, which begins with the plugin's name.
    """

    def __init__(self, text: str, sentence: str) -> None:
        super().__init__(text)
        self.sentence = sentence


class Link(Protocol):
    """A started worker, seen from the host. Used by one thread only."""

    connection: Connection

    @property
    def pid(self) -> int | None:
        """Process id of a worker that has a process of its own."""

    def alive(self) -> bool: ...

    def interrupt(self) -> None:
        """Raise an exception inside backend code that is running now."""

    def end(self, grace: float) -> None:
        """Let it finish for ``grace`` seconds after a shutdown, then end it for good."""

    def last_words(self) -> str:
        """Why it ended, as far as can be told."""


_STUCK = 30  # seconds after which half a message will not be completed any more


def socket_pair() -> tuple[Connection, socket.socket]:
    """Our end and the worker's. Ours raises OSError rather than wait for a stuck worker."""
    ours, theirs = socket.socketpair()
    timeval = struct.pack("ll", _STUCK, 0)
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        ours.setsockopt(socket.SOL_SOCKET, option, timeval)
    return Connection(ours.detach()), theirs
