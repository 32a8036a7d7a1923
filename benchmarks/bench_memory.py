"""The most memory that each worker takes for its main jobs.

Proportional set size (PSS), children included: what processes share counts in parts. Where a
system has no such figure (not Linux), the resident size.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rows import ROOT, Row, report

from host import Host, images
from host.settings import Settings

EVERY = 0.05  # seconds between two looks


def size(pid: int) -> float:
    """MB of a process and its descendants."""
    total = 0
    process = psutil.Process(pid)
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            full = each.memory_full_info()
            total += getattr(full, "pss", full.rss)
    return total / 1e6


def peak(pid: int, job: Callable[[], object]) -> float:
    """The most MB during a job."""
    sizes, done = [size(pid)], threading.Event()

    def look() -> None:
        while not done.wait(EVERY):
            sizes.append(size(pid))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        job()
    finally:
        done.set()
        watch.join()
    return max(*sizes, size(pid))


def jobs(quick: bool) -> dict[str, list[tuple[str, Callable[[Any], object]]]]:
    """By plugin what its worker is asked for, one after another."""
    from plugins.gan.runs.settings import RunSettings
    from plugins.style.settings import Settings as StyleSettings

    first, second = (images.load(ROOT / "assets" / "face" / f"anna_{n}.jpg") for n in (1, 2))
    painting = images.load(ROOT / "assets" / "style" / "starry.jpg")
    # what is in the picture does not change the memory
    photo = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)

    def paint(side: int, steps: int) -> Callable[[Any], object]:
        settings = StyleSettings(size=side, steps=10 if quick else steps)
        return lambda style: deque(style.transfer(photo, [painting], settings), maxlen=0)

    def train(gan: Any) -> object:
        return deque(gan.train(RunSettings(steps=4 if quick else 300)), maxlen=0)

    return {
        "face": [
            ("a verification", lambda face: face.verify([first], [second], model="offline")),
        ],
        "style": [
            ("384 x 384 pixels, 120 steps", paint(384, 120)),
            ("1024 x 1024 pixels, 40 steps", paint(1024, 40)),
        ],
        "gan": [
            ("pictures of the shipped digits", lambda gan: gan.generate()),
            ("300 steps of a live run", train),
        ],
    }


def measure(options: argparse.Namespace) -> Iterator[Row]:
    for plugin, asked in jobs(options.quick).items():
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(only=[plugin], offline=True, cache=Path(folder))
            with Host(settings) as host:
                (loaded,) = host.plugins
                (executor,) = loaded.executors
                host.warm_up()
                while not host.ready:
                    time.sleep(0.1)
                backend, status = host.backend(plugin), executor.status()
                pid = status.pid
                if pid is None:
                    raise RuntimeError(f"{plugin} did not start: {status.last_error}")
                yield Row(f"Memory of the {plugin} worker, ready", size(pid), unit="MB", n=1)
                for what, job in asked:
                    most = peak(pid, lambda job=job, backend=backend: job(backend))
                    yield Row(f"Memory of the {plugin} worker, {what}", most, unit="MB", n=1)


if __name__ == "__main__":
    report(measure, __doc__, rounds=1)
