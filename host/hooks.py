"""Calling a plugin's hooks while the app runs, so that what they raise stays theirs."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from host.deadline import within
from host.plugins import Found

log = logging.getLogger("host.hooks")

STARTUP, SHUTDOWN, HEALTH = 30.0, 5.0, 3.0  # seconds


class HookError(Exception):
    """A ``startup`` failed; its text says how."""


def startup(found: Found, backend: Any) -> None:
    """Raises HookError."""
    try:
        within(STARTUP, call, found, "startup", backend)
    except (Exception, SystemExit) as error:
        log.debug("plugin %s", found.name, exc_info=True)
        raise HookError(f"its startup failed: {type(error).__name__}: {error}") from error


def shutdown(found: Found, backend: Any) -> None:
    try:
        within(SHUTDOWN, call, found, "shutdown", backend, grace=0)
    except (Exception, SystemExit):
        log.exception("the shutdown of plugin %s failed", found.name)


class HealthLines:
    """What a plugin's ``health_lines`` says, asked in the background: no page waits for it."""

    def __init__(self, found: Found, backend: Any) -> None:
        self._found, self._backend = found, backend
        self._there = bool(found.hooks and found.hooks.hook.health_lines.get_hookimpls())
        self._lines: dict[str, str] = {}
        self._next = 0.0
        self._asking = threading.Lock()

    def lines(self) -> dict[str, str]:
        """The latest answer; {} when the hook is not there, fails or has not answered yet."""
        if self._there and time.monotonic() > self._next and self._asking.acquire(blocking=False):
            self._next = time.monotonic() + HEALTH
            threading.Thread(target=self._ask, name="health-lines", daemon=True).start()
        return self._lines

    def _ask(self) -> None:
        try:
            told = call(self._found, "health_lines", self._backend)
            self._lines = {str(key): str(value) for each in told for key, value in each.items()}
        except (Exception, SystemExit):
            self._lines = {}
            log.debug("the health lines of plugin %s failed", self._found.name, exc_info=True)
        finally:
            self._asking.release()


def call(found: Found, name: str, backend: Any) -> list[Any]:
    """What the plugin's implementations of a hook return. Raises what they raise."""
    if found.hooks is None or not found.usable:
        return []
    results: list[Any] = getattr(found.hooks.hook, name)(plugin=found.name, backend=backend)
    return results
