"""What runs in the cluster: a worker in a thread of an actor's process."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from host import devices, logs, wire
from host.executors.inline import ThreadLink
from host.worker import BackendSpec


class Actor:
    """Takes and gives the frames of :mod:`host.wire`.

    spec: its device says which kind; which one, Ray has chosen.
    """

    def __init__(self, spec: BackendSpec) -> None:
        logs.configure(spec.log_level, spec.log_format)
        self._link = ThreadLink(replace(spec, device=_here(spec.device)))

    def node(self) -> str:
        """IP address of the machine it runs on."""
        import ray

        return str(ray.util.get_node_ip_address())

    def deliver(self, frames: list[Any]) -> None:
        """Hand one message to the worker."""
        with contextlib.suppress(OSError):  # it has ended; answers() says so
            wire.send(self._link.connection, frames)

    def answers(self) -> Iterator[list[Any]]:
        """The worker's messages until it ends."""
        connection = self._link.connection
        with contextlib.suppress(EOFError, OSError):
            while True:
                if connection.poll(1.0):
                    yield [pickle.PickleBuffer(frame) for frame in wire.read(connection)]

    def interrupt(self) -> None:
        self._link.interrupt()


def _here(device: devices.Device) -> devices.Device:
    gpus = devices.discover() if device.kind == "cuda" else []
    cpu = devices.Device(label=f"CPU ({devices.usable_cores()} cores)")
    return next(iter(gpus), device if device.kind == "cuda" else cpu)
