"""What it costs to call a method in a worker, against the standard library's process pool.

python benchmarks/bench_calls.py [ROUNDS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from timing import alternate, machine, row

sys.path.insert(0, str(Path(__file__).parents[1]))

from host.backend import Backend
from host.devices import Device
from host.executors.base import Executor
from host.executors.inline import ThreadLink
from host.executors.process import ProcessLink
from host.weights import WeightsStore
from host.worker import BackendSpec

CALLS = 50
VALUES = {
    "a number": 1,
    "a 160x160 crop": np.zeros((160, 160, 3), np.uint8),
    "a 1024x1024 picture": np.zeros((1024, 1024, 3), np.uint8),
}


def echo(value: Any) -> Any:
    return value


class EchoBackend:
    def __init__(self, context: Any) -> None:
        pass

    def echo(self, value: Any) -> Any:
        return value


def timed(call: Callable[[Any], Any], value: Any) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        call(value)
    return (time.perf_counter() - began) / CALLS


def main(rounds: int) -> None:
    folder = Path(tempfile.mkdtemp())
    spec = BackendSpec(
        "echo", "bench_calls:EchoBackend", Device(), folder, WeightsStore(None, folder)
    )
    links = {"process": lambda: ProcessLink(spec, {}), "inline": lambda: ThreadLink(spec)}
    print(f"There and back, milliseconds ({machine()})\n")
    print("| | Triptych | ProcessPoolExecutor | ratio |\n|---|---|---|---|")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for kind, link in links.items():
            executor = Executor(kind, "CPU", link)
            backend = Backend([executor])
            for what, value in VALUES.items():
                backend.echo(value), pool.submit(echo, value).result()
                us, them = alternate(
                    lambda value=value, backend=backend: timed(backend.echo, value),
                    lambda value=value: timed(lambda v: pool.submit(echo, v).result(), value),
                    rounds,
                )
                print(row(f"{kind}, {what}", us, them, unit=1e-3))
            executor.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
