"""Runs the checks of one plugin, for the runner.

A process of its own, because a plugin may hang or crash it. It tells the runner on ``FD``, one
JSON object a line, what it found and what it is at.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from host.testing.checks import backend, discovery, docs, events, memory, names, tab
from host.testing.report import CHECKS, UnknownPlugin
from host.testing.stage import CannotGoOn, Options, Stage
from host.worker import die_with

FUNCTIONS: dict[str, Callable[[Stage], None]] = {
    "imports nothing heavy": discovery.check,
    "tab builds twice": tab.check,
    "event names": names.check,
    "signatures and docstrings": docs.check,
    "backend constructs": backend.check,
    "no network at import": backend.check_network,
    "health": backend.check_health,
    "events answer": events.check,
    "bad input": events.check_bad_input,
    "generators cancel": events.check_cancel,
    "results survive the pipe": events.check_results,
    "memory returns": memory.check,
}
assert list(FUNCTIONS) == list(CHECKS)

# Everything else stands on these, so they run even when nobody asked for them.
_NEEDED = (
    "imports nothing heavy",
    "tab builds twice",
    "backend constructs",
    "no network at import",
)


def main(fd: str, text: str) -> int:
    die_with(os.getppid())
    given = json.loads(text)
    given["folder"] = Path(given["folder"])
    options = Options(**{**given, "selected": tuple(given["selected"])})
    pipe = os.fdopen(int(fd), "w", buffering=1)

    def tell(message: dict[str, Any]) -> None:
        pipe.write(json.dumps(message) + "\n")

    stage = Stage(options, tell)
    logging.getLogger().addHandler(stage.log)
    try:
        for name, function in FUNCTIONS.items():
            if name in options.selected or name in _NEEDED:
                began = time.monotonic()
                tell({"begin": name})
                stage.step(name, options.time_limit)
                function(stage)
                tell({"done": name, "seconds": round(time.monotonic() - began, 2)})
    except CannotGoOn:
        pass
    except UnknownPlugin as error:
        tell({"unknown": str(error)})
    else:
        tell({"step": "ending the worker", "seconds": 30})
    if hasattr(stage, "host"):
        stage.host.stop()
    tell({"end": True})
    pipe.flush()
    # Threads of a plugin, or of a page that it spoiled, must not keep this process.
    os._exit(0)
