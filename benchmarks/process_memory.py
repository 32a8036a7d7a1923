"""Memory of a process and all below it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import psutil


def size(pid: int) -> float:
    """MB of a process and its descendants."""
    total = 0
    process = psutil.Process(pid)
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            full = each.memory_full_info()
            total += getattr(full, "pss", full.rss)
    return total / 1e6


def peak(pid: int, job: Callable[[], object], every: float = 0.05) -> float:
    """The most MB during a job, looked at so often, in seconds."""
    sizes, done = [size(pid)], threading.Event()

    def look() -> None:
        while not done.wait(every):
            sizes.append(size(pid))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        job()
    finally:
        done.set()
        watch.join()
    return max(*sizes, size(pid))
