"""What the benchmarks share: alternate runs and ratios with their spread."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable


def machine() -> str:
    """One line that describes this machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}"


def alternate(
    ours: Callable[[], float], peer: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Run both in turn, so that whatever else the machine does hits both. Seconds of each."""
    us, them = [], []
    for _ in range(rounds):
        us.append(ours())
        them.append(peer())
    return us, them


def row(what: str, us: list[float], them: list[float], unit: float = 1.0) -> str:
    """A Markdown row: medians and the ratio of each pair, with its range."""
    ratios = [a / b for a, b in zip(us, them, strict=True)]
    return (
        f"| {what} | {statistics.median(us) / unit:.3g} | {statistics.median(them) / unit:.3g} "
        f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |"
    )
