"""The app that a long proof watches, and how the proof ends."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import places  # noqa: F401
from serving import App

_READY = r"(?s)(host\.executor: [^\n]* ready on.*){%d}"


@contextlib.contextmanager
def warm_app(folder: str, flags: list[str], workers: int, keep_log: Path | None) -> Iterator[App]:
    """The app, offline and with all its workers ready.

    folder: for its log, which can be read when the app has ended, and its cache.
    keep_log: the log is copied there at the end.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the app is ended all the same
    app = App(Path(folder), ["--offline", "--strict", *flags], {})
    try:
        app.wait_until_served(300)
        app.wait_for_log(_READY % workers, seconds=600)
        yield app
        time.sleep(2)  # the last calls of those who left end now
    finally:
        app.stop()
        if keep_log:
            keep_log.write_text(app.log)


def conclude(report: dict[str, Any], path: Path | None) -> int:
    """Write the report, say what of it failed; the exit code."""
    if path:
        path.write_text(json.dumps(report, indent=1))
    for criterion in report["failed"]:
        print(f"FAILED: {criterion}")
    return 1 if report["failed"] else 0
