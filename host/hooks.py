"""Calling a plugin's hooks while the app runs, so that what they raise stays theirs."""

from __future__ import annotations

import logging
from typing import Any

from host.deadline import within
from host.plugins import Found

log = logging.getLogger("host.hooks")

STARTUP, SHUTDOWN, HEALTH = 30.0, 5.0, 1.0  # seconds


class HookError(Exception):
    """A ``startup`` failed; its text says how."""


def startup(found: Found, backend: Any) -> None:
    """Raises HookError."""
    try:
        _call(found, "startup", STARTUP, backend)
    except (Exception, SystemExit) as error:
        log.debug("plugin %s", found.name, exc_info=True)
        raise HookError(f"its startup failed: {type(error).__name__}: {error}") from error


def shutdown(found: Found, backend: Any) -> None:
    try:
        _call(found, "shutdown", SHUTDOWN, backend)
    except (Exception, SystemExit):
        log.exception("the shutdown of plugin %s failed", found.name)


def health_lines(found: Found, backend: Any) -> dict[str, str]:
    """{} when the hook is not there or fails."""
    try:
        told = _call(found, "health_lines", HEALTH, backend)
        return {str(key): str(value) for lines in told for key, value in lines.items()}
    except (Exception, SystemExit):
        log.debug("the health lines of plugin %s failed", found.name, exc_info=True)
        return {}


def _call(found: Found, name: str, seconds: float, backend: Any) -> list[Any]:
    hook = getattr(found.hooks.hook, name) if found.hooks and found.usable else None
    if hook is None or not hook.get_hookimpls():
        return []
    results: list[Any] = within(seconds, lambda: hook(plugin=found.name, backend=backend))
    return results
