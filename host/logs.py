"""The log: one line a record on standard error, as text or as JSON. Standard library only."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from typing import Any

from host import caller

_CHATTY = ("httpx", "httpx2", "httpcore", "asyncio", "PIL", "h5py", "matplotlib", "urllib3")
_WORKER = "worker."
"""Loggers of what a worker prints are called so, and then as its plugin."""


def configure(level: str, form: str = "text") -> None:
    """Log to standard error, one line a record, each with its call id.

    form: "text" or "json". What ``extra={"fields": {...}}`` holds is only in the JSON.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_CallFilter())
    text = logging.Formatter("%(asctime)s %(levelname)s [%(call)s] %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if form == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def capture_prints() -> None:
    """From now on what this process prints is records too, of the loggers stdout and stderr."""
    logging.raiseExceptions = False  # a full disk's complaint would be printed, and so logged
    sys.stdout = _Printed("stdout", logging.INFO)
    sys.stderr = _Printed("stderr", logging.WARNING)


def adopt(*names: str) -> None:
    """Let our handler write what these loggers have handlers of their own for."""
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


class _CallFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.call = caller.current_id() or "-"
        return True


class JsonFormatter(logging.Formatter):
    """A record as one JSON object.

    time (ISO 8601, UTC), level, logger and message always; call, plugin, exception and the
    record's own fields where there are any.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _iso(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.name.startswith(_WORKER):
            entry["plugin"] = record.name.removeprefix(_WORKER)
            entry |= _logged_there(entry["message"])
        call = getattr(record, "call", "-")
        if call != "-":
            entry["call"] = call
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = record.stack_info
        return json.dumps(entry, ensure_ascii=False, default=str)


def _iso(seconds: float) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{moment}.{int(seconds % 1 * 1000):03d}Z"


def _logged_there(line: str) -> dict[str, Any]:
    """A record that the worker wrote as JSON itself; {} for any other line."""
    if not line.startswith('{"time"'):
        return {}
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:  # cut, for it was too long
        return {}
    record.pop("plugin", None)
    return record


class _Printed(io.TextIOBase):
    """A text stream of which every line is a record, and so is every traceback."""

    def __init__(self, name: str, level: int) -> None:
        self._logger, self._level = logging.getLogger(name), level
        self._unfinished = ""
        self._trace: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            self._take(line.rstrip())
        return len(text)

    def flush(self) -> None:
        """A line is written when it ends."""

    def _take(self, line: str) -> None:
        if line.startswith("Traceback (most recent call last)"):
            self._trace = [line]
        elif self._trace and line.startswith(" "):
            self._trace.append(line)
        elif self._trace:  # what was raised ends it
            trace, self._trace = "\n".join([*self._trace, line]), []
            self._logger.error("%s", line, extra={"fields": {"exception": trace}})
        elif line:
            self._logger.log(self._level, "%s", line)
