"""Runs the checks of one plugin in a process of their own, and outlives whatever it does."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from host.executors.process import command
from host.testing.report import CHECKS, Report, Result, UnknownPlugin, chosen

_GRACE = 5.0
"""Seconds that the checking process gets besides those it asks for."""


def check(
    target: str | Path,
    only: Sequence[str] = (),
    interpreter: str | None = None,
    time_limit: float = 60.0,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Report:
    """Check a plugin as a host sees it: its name, or the path of its folder, file or module.

    only: names of ``report.CHECKS``; all if there are none. These then try every example and
        every bad value.
    interpreter: the Python that runs the backend.
    time_limit: seconds for one answer.
    on_result: called with each result as soon as it is final.

    Raises UnknownPlugin for a plugin or a check that is not there. What is wrong with the plugin
    is in the report.
    """
    selected = chosen(only)
    with tempfile.TemporaryDirectory(prefix="triptych-check-", ignore_cleanup_errors=True) as name:
        options = {
            "target": str(target),
            "folder": name,
            "interpreter": interpreter,
            "time_limit": time_limit,
            "selected": selected,
            "thorough": any(name.strip() for name in only),
        }
        results = _Results(selected, on_result)
        _Child(options).follow(results)
    return Report(str(target), results.finish())


class _Results:
    """What the child told, by check."""

    def __init__(self, selected: list[str], on_result: Callable[[Result], None]) -> None:
        self._all = {name: Result(name) for name in CHECKS}
        self._selected, self._on_result = selected, on_result
        self._told: set[str] = set()
        self.current = next(iter(CHECKS))
        self.ended = False

    def take(self, message: dict[str, Any]) -> None:
        match message:
            case {"unknown": text}:
                raise UnknownPlugin(text)
            case {"begin": name}:
                self.current = name
            case {"check": name, "problem": text}:
                self._all[name].problems.append(text)
            case {"check": name, "note": text}:
                self._all[name].notes.append(text)
            case {"done": name, "seconds": seconds}:
                self._all[name].reached = True
                self._all[name].seconds = seconds
                self._tell(name)
            case {"end": _}:
                self.ended = True

    def died(self, how: str) -> None:
        """The child ended in the middle of the current check."""
        self._all[self.current].problems.append(how)

    def finish(self) -> list[Result]:
        """The selected ones. What was not reached fails if nothing else says why."""
        chosen = [self._all[name] for name in self._selected]
        failed = [each for each in self._all.values() if each.problems]
        if failed and not any(each.problems for each in chosen):
            for result in chosen:
                if not result.reached:
                    why = f"({failed[0].check}: {failed[0].problems[0]})"
                    result.problems.append(f"It cannot be tried {why}")
        for name in self._selected:
            self._tell(name)
        return chosen

    def _tell(self, name: str) -> None:
        if name in self._selected and name not in self._told:
            self._told.add(name)
            self._on_result(self._all[name])


class _Child:
    """The checking process."""

    def __init__(self, options: dict[str, Any]) -> None:
        folder = Path(options["folder"])
        network = folder / "network"
        network.touch()
        uploads = folder / "uploads"
        uploads.mkdir()
        site = Path(__file__).with_name("site")
        path = [str(site), *(str(Path(entry).resolve()) for entry in sys.path)]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
            "TRIPTYCH_CHECK_NETWORK": str(network),
            "GRADIO_TEMP_DIR": str(uploads),
            "TMPDIR": str(uploads),  # where Gradio's client leaves a folder for every answer
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
        }
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            command(sys.executable, "host.testing.child", str(writing), json.dumps(options)),
            env=environment,
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        os.close(writing)
        self._pipe = reading
        self._tail: deque[str] = deque(maxlen=20)
        self._drain = threading.Thread(target=self._keep_tail, daemon=True)
        self._drain.start()

    def _keep_tail(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip():
                self._tail.append(line.rstrip()[:500])

    def follow(self, results: _Results) -> None:
        """Take its messages until it ends, or has to be ended."""
        what, deadline = "starting", time.monotonic() + 60
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            try:
                while not results.ended:
                    if not selector.select(max(0.0, deadline - time.monotonic())):
                        results.died(
                            f"It did not end: {what} took more than its time. Look for a loop or "
                            "a wait without an end there; --time-limit allows more."
                        )
                        return
                    if not (read := os.read(self._pipe, 65536)):
                        results.died(self._last_words(what))
                        return
                    *lines, rest = (rest + read).split(b"\n")
                    for line in lines:
                        message = json.loads(line)
                        if "step" in message:
                            what = message["step"]
                            deadline = time.monotonic() + message["seconds"] + _GRACE
                        results.take(message)
            finally:
                self._end()

    def _last_words(self, what: str) -> str:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return f"{what}: the process closed its pipe."
        self._drain.join(1)
        how = f"exit code {code}"
        if code < 0:
            how = f"signal {-code}, {signal.strsignal(-code)}"
        last = f" Its last words: {self._tail[-1]}" if self._tail else ""
        return (
            f"{what} ended the whole process ({how}): what can crash belongs into the backend, "
            f"whose crash only costs its own worker.{last}"
        )

    def _end(self) -> None:
        """End it and everything it started."""
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.Error:
            family = []
        for process in family:
            try:
                process.kill()
            except psutil.Error:
                continue
        self._process.kill()
        self._process.wait()
        os.close(self._pipe)
