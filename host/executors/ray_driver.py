"""Ray's driver of one actor: a child process that carries messages between the host and it."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from host import wire
from host.devices import Device
from host.executors.ray import Room
from host.executors.ray_actor import Actor
from host.worker import BackendSpec, die_with

_AHEAD = 8  # messages of the actor that may wait here; then it waits
_LAST_WORDS = 1.0  # seconds in which what a dead actor printed still arrives


class Unavailable(Exception):
    """The end of a sentence that says why the cluster runs nothing for us."""


def main(fd: str, parent_pid: str) -> None:
    die_with(int(parent_pid))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # there is nothing to interrupt yet
    connection = Connection(int(fd))
    spec, room = wire.receive(connection)
    try:
        actor, where = _start(spec, room)
    except Unavailable as error:
        traceback.print_exc()
        _refuse(connection, str(error), public=True)
    except Exception as error:  # noqa: BLE001  versions that differ, a package that is missing ...
        _refuse(connection, f"Ray: {type(error).__name__}: {error}", public=False)
    else:
        _leave(_Relay(connection, actor, where).run())
    _leave(1)


def _refuse(connection: Connection, text: str, public: bool) -> None:
    with contextlib.suppress(OSError):  # the host is gone
        wire.send(connection, wire.encode(("broken", text, traceback.format_exc(), public)))


def _leave(code: int) -> None:
    """Exit without waiting for threads that are inside Ray."""
    with contextlib.suppress(Exception):
        ray.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _start(spec: BackendSpec, room: Room) -> tuple[Any, str]:
    """An actor that builds its backend now, and its node's address. Raises what Ray raises."""
    _connect(room.address or os.environ.get("RAY_ADDRESS") or "auto")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # Ray's own handler prints a dump
    gpus = _gpus(spec.device, room)
    environment = {**room.environment, "PYTHONPATH": os.pathsep.join(_own_paths())}
    if gpus:
        environment.pop("CUDA_VISIBLE_DEVICES", None)  # Ray says which
    spec = replace(spec, device=Device("cuda" if gpus else "cpu"))
    remote: Any = ray.remote(Actor)
    actor = remote.options(
        num_cpus=room.cpus,
        num_gpus=gpus,
        max_restarts=0,  # the executor starts another, as it does with a process
        max_concurrency=4,  # deliver, answers, interrupt, and where it runs
        runtime_env={"env_vars": environment},
    ).remote(spec)
    try:
        return actor, ray.get(actor.node.remote(), timeout=room.patience)
    except GetTimeoutError:
        ray.kill(actor)
        raise Unavailable(
            f"its Ray cluster found no room for it within {room.patience:.0f} s "
            f"(it needs {room.cpus:g} CPU and {gpus:g} GPU)."
        ) from None


def _connect(address: str) -> None:
    """Raises Unavailable when no cluster answers there."""
    try:
        if ":" in address:  # Ray itself would try for half a minute
            name, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((name.strip("[]"), int(port)), 5).close()
        ray.init(address, namespace="triptych", logging_level=logging.ERROR, log_to_driver=True)
    except (OSError, ValueError) as error:
        print(f"{address}: {error}", file=sys.stderr)
        raise Unavailable("its Ray cluster cannot be reached.") from None


def _gpus(device: Device, room: Room) -> float:
    if device.kind == "cpu":
        return 0
    if room.gpus is not None:
        return room.gpus
    return 1 if device.kind == "cuda" or ray.cluster_resources().get("GPU", 0) >= 1 else 0


def _own_paths() -> list[str]:
    """Where this process finds code that was not installed, such as a checkout and its plugins."""
    installed = [Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()]
    places = [Path(entry).resolve() for entry in sys.path if entry]
    return [str(each) for each in places if not any(each.is_relative_to(at) for at in installed)]


class _Relay:
    """Carries whole messages both ways, a thread for each, until either end is gone."""

    def __init__(self, connection: Connection, actor: Any, where: str) -> None:
        self._connection, self._actor, self._where = connection, actor, where
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._dying = threading.Event()

    def run(self) -> int:
        """Returns the exit code: 1 when the actor died."""
        signal.signal(signal.SIGINT, lambda *_: self._orders.put("interrupt"))
        signal.signal(signal.SIGTERM, lambda *_: self._orders.put("end"))
        for work in (self._until_host_ends, self._until_actor_ends):
            threading.Thread(target=work, daemon=True).start()
        while (order := self._orders.get()) == "interrupt":
            self._actor.interrupt.remote()
        with contextlib.suppress(Exception):  # it may be gone, or the whole cluster
            ray.kill(self._actor)
        return int(order == "died")

    def _until_host_ends(self) -> None:
        with contextlib.suppress(OSError, EOFError, RayError):  # of the actor, the other thread
            self._carry_calls()
        if not self._dying.is_set():
            self._orders.put("end")

    def _until_actor_ends(self) -> None:
        try:
            self._carry_answers()
        except RayError as error:
            self._dying.set()
            print(f"the actor on {self._where}: {_reason(error)}", file=sys.stderr)
            with contextlib.suppress(OSError), self._end_of_pipe() as end:
                end.shutdown(socket.SHUT_RDWR)  # the host need not wait for the last words
            time.sleep(_LAST_WORDS)
            self._orders.put("died")
        except (OSError, StopIteration):  # the host is gone, or the worker has said nothing
            pass
        self._orders.put("end")

    def _end_of_pipe(self) -> socket.socket:
        return socket.socket(fileno=os.dup(self._connection.fileno()))

    def _carry_calls(self) -> None:
        while True:
            frames = wire.read(self._connection)
            # One at a time: Ray keeps no order between the threads of an actor.
            ray.get(self._actor.deliver.remote([pickle.PickleBuffer(each) for each in frames]))

    def _carry_answers(self) -> None:
        answers = self._actor.answers.options(
            num_returns="streaming", _generator_backpressure_num_objects=_AHEAD
        ).remote()
        frames = ray.get(next(answers))
        kind, *fields = wire.decode(frames)
        if kind == "ready":
            frames = wire.encode((kind, {**fields[0], "node": self._where}))
        wire.send(self._connection, frames)
        for answer in answers:
            wire.send(self._connection, ray.get(answer))


def _reason(error: RayError) -> str:
    """What is particular to this death, without Ray's general advice."""
    last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return last.partition(" Some common causes")[0]
