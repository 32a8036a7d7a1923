"""What it costs to call a method in a worker, against the standard library's process pool.

A worker in a Ray cluster is measured, against a plain Ray actor, where one is running on this
machine or RAY_ADDRESS names one.

python benchmarks/bench_calls.py [ROUNDS]
"""

from __future__ import annotations

import contextlib
import logging
import os
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
from host.executors.link import Link
from host.executors.process import ProcessLink
from host.executors.ray import RayLink, Room
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


def compare(
    kind: str,
    link: Callable[[], Link],
    theirs: Callable[[Any], Any],
    rounds: int,
) -> None:
    """Print a row for each value: a worker behind ``link`` against ``theirs``."""
    executor = Executor(kind, "CPU", link)
    backend = Backend([executor])
    for what, value in VALUES.items():
        backend.echo(value), theirs(value)
        us, them = alternate(
            lambda value=value: timed(backend.echo, value),
            lambda value=value: timed(theirs, value),
            rounds,
        )
        print(row(f"{kind}, {what}", us, them, unit=1e-3))
    executor.stop()


def main(rounds: int) -> None:
    folder = Path(tempfile.mkdtemp())
    spec = BackendSpec(
        "echo", "bench_calls:EchoBackend", Device(), folder, WeightsStore(None, folder)
    )
    print(f"There and back, milliseconds ({machine()})\n")
    print("| | Triptych | ProcessPoolExecutor | ratio |\n|---|---|---|---|")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        links = {"process": lambda: ProcessLink(spec, {}), "inline": lambda: ThreadLink(spec)}
        for kind, link in links.items():
            compare(kind, link, lambda value: pool.submit(echo, value).result(), rounds)
    with contextlib.suppress(ImportError, ConnectionError):
        compare_ray(spec, rounds)


def compare_ray(spec: BackendSpec, rounds: int) -> None:
    """Raises ImportError without Ray and ConnectionError without a cluster."""
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    paths = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    ray.init(
        os.environ.get("RAY_ADDRESS", "auto"),
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    actor: Any = ray.remote(num_cpus=1)(EchoBackend).remote(None)
    print("\n| | Triptych | a Ray actor | ratio |\n|---|---|---|---|")
    compare(
        "ray",
        lambda: RayLink(spec, Room(None, {})),
        lambda value: ray.get(actor.echo.remote(value)),
        rounds,
    )
    ray.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
