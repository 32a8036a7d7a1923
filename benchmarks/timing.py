"""How times are taken."""

from __future__ import annotations

import time
from collections.abc import Callable


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
