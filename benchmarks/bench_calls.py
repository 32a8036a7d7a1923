"""What it costs to call a method in a worker and get its value back.

Inline, in a process and in a Ray cluster, against the standard library's process pool; in the
cluster also against a plain Ray actor. The cluster is one of this machine, for this run.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from rows import Row, compared, report
from timing import alternate, seconds

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


def a_call(call: Callable[[Any], Any], value: Any) -> float:
    """Seconds of one, out of many."""
    return seconds(lambda: [call(value) for _ in range(CALLS)]) / CALLS


def compare(
    kind: str, link: Callable[[], Link], peers: dict[str, Callable[[Any], Any]], rounds: int
) -> Iterator[Row]:
    """A row for each value and peer: a worker behind ``link`` against it."""
    executor = Executor(kind, "CPU", link)
    backend = Backend([executor])
    try:
        for what, value in VALUES.items():
            for name, peer in peers.items():
                backend.echo(value), peer(value)
                us, them = alternate(
                    lambda value=value: a_call(backend.echo, value),
                    lambda peer=peer, value=value: a_call(peer, value),
                    rounds,
                )
                yield compared(f"A call there and back, {kind}, {what}", name, us, them, "ms")
    finally:
        executor.stop()


def measure(options: argparse.Namespace) -> Iterator[Row]:
    with (
        tempfile.TemporaryDirectory() as name,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        folder = Path(name)
        spec = BackendSpec(
            "echo", "bench_calls:EchoBackend", Device(), folder, WeightsStore(None, folder)
        )
        peers = {"ProcessPoolExecutor": lambda value: pool.submit(echo, value).result()}
        yield from compare("inline", lambda: ThreadLink(spec), peers, options.rounds)
        yield from compare("process", lambda: ProcessLink(spec, {}), peers, options.rounds)
        try:
            import ray
        except ImportError:
            yield Row("A call there and back, Ray", note="left out: Ray is not installed")
            return
        yield from in_cluster(ray, spec, peers, options.rounds)


def in_cluster(
    ray: Any, spec: BackendSpec, peers: dict[str, Callable[[Any], Any]], rounds: int
) -> Iterator[Row]:
    from tests.hosting.ray_cluster import Cluster

    cluster = Cluster()
    try:
        paths = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
        ray.init(
            cluster.address,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": paths}},
        )
        actor: Any = ray.remote(num_cpus=1)(EchoBackend).remote(None)
        peers = {**peers, "a plain Ray actor": lambda value: ray.get(actor.echo.remote(value))}
        yield from compare("ray", lambda: RayLink(spec, Room(cluster.address, {})), peers, rounds)
        ray.shutdown()
    finally:
        cluster.stop()


if __name__ == "__main__":
    report(measure, __doc__, rounds=15)
