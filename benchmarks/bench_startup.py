"""Start to first page, and the pages after it: all three plugins against a bare Gradio app."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

from rows import ROOT, Row, compared, report
from timing import alternate

BARE = """
import gradio as gr
with gr.Blocks() as page:
    gr.Markdown("bare")
page.launch(server_port={port}, quiet=True)
"""


class Served:
    """A program that serves a page on the port it is told.

    first: seconds from its start to the first page.
    """

    def __init__(self, program: Callable[[int], list[str]]) -> None:
        self._url = f"http://127.0.0.1:{(port := free_port())}/"
        env = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # or ours is compiled anew, and not the peer's
        began = time.perf_counter()
        self._process = subprocess.Popen(
            program(port), cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                self.page()
                break
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"{program(port)} ended") from None
                time.sleep(0.01)
        self.first = time.perf_counter() - began

    def page(self) -> float:
        """Seconds in which one more visitor gets the page, as a browser asks for it."""
        began = time.perf_counter()
        request = urllib.request.Request(self._url, headers={"Accept-Encoding": "gzip"})
        urllib.request.urlopen(request, timeout=10).read()
        return time.perf_counter() - began

    def wait_until_ready(self) -> None:
        """By ``/readyz``, which answers 503 until then."""
        while True:
            try:
                urllib.request.urlopen(f"{self._url}readyz", timeout=10).close()
                return
            except urllib.error.HTTPError:
                time.sleep(0.5)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours(port: int) -> list[str]:
    return [sys.executable, "app.py", "--port", str(port)]


def bare(port: int) -> list[str]:
    return [sys.executable, "-c", BARE.format(port=port)]


def first(program: Callable[[int], list[str]]) -> float:
    with Served(program) as served:
        return served.first


def measure(options: argparse.Namespace) -> Iterator[Row]:
    first(bare), first(ours)  # fill the disk cache
    us, them = alternate(lambda: first(ours), lambda: first(bare), options.rounds)
    yield compared("Start to first page", "bare Gradio app", us, them)
    with Served(bare) as one, Served(ours) as triptych:
        triptych.wait_until_ready()  # workers that warm up take the cores
        us, them = alternate(triptych.page, one.page, 20 * options.rounds)
    yield compared("The page for one more visitor", "bare Gradio app", us, them, "ms")


if __name__ == "__main__":
    report(measure, __doc__, rounds=7)
