"""What a worker prints, on its way to the log: all of it, unless it floods."""

from __future__ import annotations

import logging
import os
import re
import select
import time
from collections import deque

LINES, BYTES = 100, 64_000
"""Of one worker go to the log in a second; what is over is counted."""

_BURST = 3  # seconds' worth at once: a traceback, a framework's greeting
_CHUNK = 65_536
_LONGEST = 4_096  # bytes after which a line is cut
_BREATH = 0.1  # seconds between two reads of a flood: the pipe fills and slows the worker
_ENDS = re.compile(rb"\r?\n|\r(?!\Z)")  # \r at the end of a chunk may be half of \r\n


class Output:
    """Forwards a pipe to a logger, and remembers its last lines.

    However fast a worker prints, it costs the web process no more than :data:`LINES` records and
    ten reads a second.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self.tail: deque[str] = deque(maxlen=20)
        self._logger = logger
        self._unfinished = b""
        self._lines, self._bytes = float(_BURST * LINES), float(_BURST * BYTES)
        self._refilled = self._told = time.monotonic()
        self._lines_left_out = self._bytes_left_out = 0

    def forward(self, fd: int) -> None:
        """Read ``fd`` to its end. For a thread of its own."""
        ready = select.poll()
        ready.register(fd, select.POLLIN)
        while True:
            if self._bytes_left_out and not ready.poll(1000):
                self._tell()
            data = os.read(fd, _CHUNK)
            if not data:
                break
            self._refill()
            self._take(data)
            if self._bytes_left_out:
                if time.monotonic() - self._told >= 1:
                    self._tell()
                time.sleep(_BREATH)
        self._tell()
        if self._unfinished:
            self._emit(self._unfinished)

    def _take(self, data: bytes) -> None:
        """Log the chunk's lines, or count them if the allowance is used up."""
        lines = data.count(b"\n") + data.count(b"\r")  # progress bars end theirs with \r
        if lines >= self._lines or len(data) >= self._bytes:
            self._lines_left_out += lines
            self._bytes_left_out += len(data)
            last = _ENDS.split((self._unfinished + data)[-_LONGEST:])
            self.tail.extend(_text(line) for line in last[:-1])
            self._unfinished = last[-1]
            return
        *whole, rest = _ENDS.split(self._unfinished + data)
        while len(rest) > _LONGEST:
            whole.append(rest[:_LONGEST])
            rest = rest[_LONGEST:]
        self._unfinished = rest
        for line in whole:
            self._emit(line)

    def _emit(self, line: bytes) -> None:
        self._lines -= 1
        self._bytes -= len(line)
        text = _text(line)
        self.tail.append(text)
        self._logger.info("%s", text)

    def _refill(self) -> None:
        now = time.monotonic()
        passed, self._refilled = now - self._refilled, now
        self._lines = min(_BURST * LINES, self._lines + passed * LINES)
        self._bytes = min(_BURST * BYTES, self._bytes + passed * BYTES)

    def _tell(self) -> None:
        if self._bytes_left_out:
            lines = f"{self._lines_left_out:,} lines more ({self._bytes_left_out / 1e6:.1f} MB)"
            self._logger.warning("... %s were left out", lines)
        self._lines_left_out = self._bytes_left_out = 0
        self._told = time.monotonic()


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip()
