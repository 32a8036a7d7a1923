"""The real app as a child process, for tests and scripts."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


class App:
    """A served Triptych: its address, its process and its log.

    folder: for its log and cache.
    program: the command that takes the flags; None for app.py of this checkout.
    cwd: where it is started; None for ``folder``.
    """

    def __init__(self, folder, flags, environment, program=None, cwd=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.log_file = folder / "app.log"
        program = program or [sys.executable, str(ROOT / "app.py")]
        command = [*program, "--port", str(self.port), *flags]
        if "--cache" not in flags:
            command += ["--cache", str(folder / "cache")]
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=cwd or folder,
            )

    @property
    def log(self):
        return self.log_file.read_text()

    def wait_until_served(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log
            try:
                return urllib.request.urlopen(self.url, timeout=5).read().decode()
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not served in time\n{self.log}")

    def wait_for_log(self, pattern, seconds=120):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.log):
            assert time.monotonic() < end, f"{pattern!r} never appeared in\n{self.log}"
            assert self.process.poll() is None, self.log
            time.sleep(0.1)

    def workers(self):
        """The worker processes that are running now."""
        children = psutil.Process(self.process.pid).children()
        return [
            child for child in children if any("host.worker" in part for part in _command(child))
        ]

    def client(self):
        from gradio_client import Client

        return Client(self.url, verbose=False)

    def kill(self):
        """End it whatever it does; nothing if it has ended."""
        self.process.kill()
        self.process.wait(20)

    def stop(self):
        """End it as a process manager would; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()


@contextlib.contextmanager
def starting(tmp_path_factory):
    """``start(*flags, **environment)`` serves the app until the block ends."""
    apps = []

    def start(*flags, **environment):
        app = App(tmp_path_factory.mktemp("app"), flags, environment)
        apps.append(app)
        app.wait_until_served()
        return app

    yield start
    for app in apps:
        if app.process.poll() is None:
            app.stop()


def call(web, fn_index, data, session=None, **more):
    """An event as whoever speaks HTTP sends it: its output, which holds "error" when it failed.

    web: an httpx.Client at the app's address.
    """
    session = session or uuid.uuid4().hex
    body = {"data": data, "fn_index": fn_index, "session_hash": session, **more}
    joined = web.post("gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return {"error": joined.json()["detail"]}
    with web.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {}
            if message.get("msg") in ("process_completed", "unexpected_error"):
                return message.get("output") or {"error": message["message"]}
    raise AssertionError("the stream ended without an answer")


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []
