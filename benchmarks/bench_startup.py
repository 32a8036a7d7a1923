"""Start to first answered request: Triptych with its three plugins against a bare Gradio app."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from rows import ROOT, Row, compared, report
from timing import alternate

BARE = """
import gradio as gr
with gr.Blocks() as page:
    gr.Markdown("bare")
page.launch(server_port={port}, quiet=True)
"""


def seconds_to_first_page(command: list[str], port: int) -> float:
    env = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
                return time.perf_counter() - began
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended") from None
                time.sleep(0.01)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours() -> float:
    port = free_port()
    return seconds_to_first_page([sys.executable, "app.py", "--port", str(port)], port)


def bare() -> float:
    port = free_port()
    return seconds_to_first_page([sys.executable, "-c", BARE.format(port=port)], port)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    bare(), ours()  # fill the disk cache
    us, them = alternate(ours, bare, options.rounds)
    yield compared("Start to first page", "bare Gradio app", us, them)


if __name__ == "__main__":
    report(measure, __doc__, rounds=7)
