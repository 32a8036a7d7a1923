"""What the checks of one plugin share: the plugin, a host with it alone, and its page."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host.plugin import Plugin
from host.plugins import Found
from host.settings import Settings
from host.testing.code import Code
from host.testing.imports import Watcher
from host.testing.log import Log

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction

    from host.executors.base import Executor
    from host.host import Host, Loaded
    from host.testing.events import Event
    from host.testing.visit import Visit


class CannotGoOn(Exception):
    """The checks after this one need what has just failed."""


@dataclass(frozen=True)
class Options:
    """What the parent asks of the checking process.

    time_limit: seconds for one answer. selected: the checks that somebody reads; those that are
        named on their own try everything, however long it takes.
    """

    target: str
    folder: Path
    interpreter: str | None
    time_limit: float
    selected: tuple[str, ...]
    thorough: bool


class Stage:
    """Filled from check to check; ``tell`` sends one message to the parent."""

    found: Found
    plugin: Plugin
    code: Code
    settings: Settings
    host: Host
    loaded: Loaded
    page: Any
    functions: list[BlockFunction]
    """The plugin's public events."""
    frameworks: list[str]
    """What the tab imported of them, and by which line."""
    explicit: list[str]
    """The ``api_name`` of each public event as the author wrote it."""

    def __init__(self, options: Options, tell: Callable[[dict[str, Any]], None]) -> None:
        self.options, self._tell = options, tell
        self.watcher, self.log = Watcher(), Log()

    def problem(self, check: str, text: str) -> None:
        self._tell({"check": check, "problem": text})

    def note(self, check: str, text: str) -> None:
        self._tell({"check": check, "note": text})

    def step(self, what: str, seconds: float) -> None:
        """Tell the parent what is under way, and after how long it should give up."""
        self._tell({"step": what, "seconds": seconds})

    @property
    def executor(self) -> Executor | None:
        return self.loaded.executors[0] if self.loaded.executors else None

    def idle(self) -> bool:
        """True when no call runs or waits in the worker."""
        if self.executor is None:
            return True
        status = self.executor.status()
        return not status.busy and not status.waiting

    def wait_idle(self, seconds: float) -> bool:
        """Wait for that; False when it did not happen in time."""
        end = time.monotonic() + seconds
        while not self.idle():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    @cached_property
    def visit(self) -> Visit:
        """The served page and a visitor of it."""
        from host.testing.visit import Visit

        return Visit(self)

    @cached_property
    def events(self) -> list[Event]:
        """The public events, each tried on its examples."""
        from host.testing.events import try_all

        return try_all(self)

    def network(self) -> list[dict[str, Any]]:
        """What used the network so far. Nothing is watched, or refused, after this."""
        file = Path(os.environ["TRIPTYCH_CHECK_NETWORK"])
        lines = file.read_text().splitlines()
        file.unlink()
        return [json.loads(line) for line in lines]
