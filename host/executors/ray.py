"""The Ray executor's link: an actor in a cluster, reached through a child process.

The child (:mod:`host.executors.ray_driver`) is Ray's driver, and not the web process: a driver is
ended by Ray when its cluster goes away, and importing Ray costs every page memory.
"""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from host.executors.link import CannotStart
from host.executors.process import ProcessLink
from host.worker import BackendSpec

_DRIVER_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a late call would start a cluster of its own
    "RAY_DISABLE_WORKER_LOG_PREFIX": "1",
    "RAY_COLOR_PREFIX": "0",
    "RAY_DEDUP_LOGS": "0",  # each driver has one actor
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@dataclass(frozen=True)
class Room:
    """What one actor asks of the cluster.

    address: None for the cluster that RAY_ADDRESS names, or else the one of this machine.
    cpus: cores that Ray reserves.
    gpus: GPUs that Ray reserves; None for what the device says: none for "cpu", one for "cuda",
        and one for "auto" where the cluster has any.
    environment: variables of the actor, set before it imports anything.
    patience: seconds until the cluster must have started the actor.
    """

    address: str | None
    environment: Mapping[str, str]
    cpus: float = 1
    gpus: float | None = None
    patience: float = 60.0


class RayLink(ProcessLink):
    """An actor somewhere in a Ray cluster, which ends with this link whatever happens.

    Its process may be on another machine: it has no ``pid`` here, so no memory is measured.
    """

    module = "host.executors.ray_driver"

    def __init__(self, spec: BackendSpec, room: Room) -> None:
        if importlib.util.find_spec("ray") is None:
            raise CannotStart(
                "the package ray is not installed: pip install 'ray>=2.40'",
                "could not be started: Ray is not installed here (pip install ray).",
            )
        super().__init__(spec, _DRIVER_ENVIRONMENT, None, room)
        self.pid = None

    def end(self, grace: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self._process.terminate()  # it kills the actor first
        super().end(2.0)

    def last_words(self) -> str:
        return "\n".join(["its actor ended", *super().last_words().splitlines()[1:]])
