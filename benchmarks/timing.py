"""How times are taken, and where in one line."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

from host.devices import usable_cores


def machine() -> str:
    """One line that describes this machine."""
    return f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}"


def seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def alternate(
    ours: Callable[[], float], peer: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Run both in turn, so that whatever else the machine does hits both. Seconds of each."""
    us, them = [], []
    for _ in range(rounds):
        us.append(ours())
        them.append(peer())
    return us, them
