"""The default executor's link: a child process."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pluggy

import host
from host import wire
from host.executors.link import CannotStart, socket_pair
from host.executors.output import Output
from host.worker import BackendSpec


def command(python: str, module: str, *arguments: str) -> list[str]:
    """Runs ``main(*arguments)`` of a module of ours.

    Not by ``-m``, which would take a folder named host where the app was started for ours.
    """
    code = f"import sys; sys.path[:] = filter(None, sys.path); from {module} import main; "
    return [python, "-c", code + "main(*sys.argv[1:])", *arguments]


class ProcessLink:
    """A child process with an environment, and if need be an interpreter, of its own."""

    module = "host.worker"
    pid: int | None

    def __init__(
        self,
        spec: BackendSpec,
        environment: Mapping[str, str],
        interpreter: str | None = None,
        *more: Any,
    ) -> None:
        """more: what the module's ``main`` reads from the pipe besides ``spec``."""
        if interpreter is not None and shutil.which(interpreter) is None:
            raise CannotStart(
                f"its interpreter {interpreter} is not there; set it to the Python of a virtual "
                "environment",
                "could not be started: its Python interpreter is missing.",
            )
        self.connection, theirs = socket_pair()
        self._bridge: tempfile.TemporaryDirectory[str] | None = None
        env = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        if interpreter is None:
            env["PYTHONPATH"] = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
        else:
            self._bridge = _bridge(spec.backend)
            env["PYTHONPATH"] = self._bridge.name
        with theirs:
            # The argument vector and environment are the operator's own settings.
            self._process = subprocess.Popen(
                command(
                    interpreter or sys.executable,
                    self.module,
                    str(theirs.fileno()),
                    str(os.getpid()),
                ),
                env=env,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in the terminal is for the host alone
            )
        self.pid = self._process.pid
        self._output = Output(logging.getLogger(f"worker.{spec.plugin}"))
        self._drain = threading.Thread(target=self._forward_output, daemon=True)
        self._drain.start()
        with contextlib.suppress(OSError):  # it died at once; receiving will say so
            wire.send(self.connection, wire.encode((spec, *more)))

    def _forward_output(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            self._output.forward(pipe.fileno())

    def alive(self) -> bool:
        return self._process.poll() is None

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self, grace: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        # Its whole session: a backend's own children must not outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel: not our wait
            self._process.wait(5)
        self.connection.close()
        if self._bridge is not None:
            self._bridge.cleanup()

    def last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._drain.join(1)
        code = self._process.returncode
        if code is None:
            how = "closed its pipe"
        elif code == -signal.SIGKILL:
            how = "was killed (SIGKILL; the usual cause is too little memory)"
        elif code < 0:
            how = f"was killed by signal {-code} ({signal.strsignal(-code)})"
        else:
            how = f"ended with exit code {code}"
        return "\n".join([how, *self._output.tail])


def _bridge(backend: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that shows another interpreter our packages and none of our dependencies."""
    folder = tempfile.TemporaryDirectory(prefix="triptych-bridge-")
    top = backend.partition(":")[0].partition(".")[0]
    plugin = importlib.util.find_spec(top)
    if plugin is None or plugin.origin is None:
        raise ModuleNotFoundError(f"no module named {top!r}")
    plugin_path = Path(plugin.origin)
    for package in (Path(host.__file__).parent, Path(pluggy.__file__).parent):
        (Path(folder.name) / package.name).symlink_to(package)
    source = plugin_path.parent if plugin.submodule_search_locations else plugin_path
    (Path(folder.name) / source.name).symlink_to(source)
    return folder
