"""The most memory that each worker takes for its main jobs.

Proportional set size (PSS), children included: what processes share counts in parts. Where a
system has no such figure (not Linux), the resident size.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from process_memory import peak, size
from rows import ROOT, Row, report

from host import Host, images
from host.settings import Settings


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
