"""Devices: what exists, what a plugin was promised, and the environment that makes it so."""

from __future__ import annotations

import contextlib
import logging
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("host.devices")


@dataclass(frozen=True)
class Device:
    """The device of one worker.

    kind: "cpu" or "cuda".
    index: number of the GPU among those the host sees, in PCI order; 0 for the CPU.
    label: what a person calls it ("CPU (2 cores)", "NVIDIA H100").
    uuid: NVML's name of a GPU, "" for the CPU.

    A worker sees only its own GPU, so inside it that GPU is always number 0: use ``torch`` or
    ``tensorflow`` as the frameworks' name of it.
    """

    kind: str = "cpu"
    index: int = 0
    label: str = "CPU"
    uuid: str = ""

    def __str__(self) -> str:
        return "cpu" if self.kind == "cpu" else f"cuda:{self.index}"

    @property
    def torch(self) -> str:
        """PyTorch's name of it inside the worker: "cpu" or "cuda:0"."""
        return "cpu" if self.kind == "cpu" else "cuda:0"

    @property
    def tensorflow(self) -> str:
        """TensorFlow's name of it inside the worker: "/CPU:0" or "/GPU:0"."""
        return "/CPU:0" if self.kind == "cpu" else "/GPU:0"

    def or_cpu(self, usable: bool, why: str) -> tuple[Device, str]:
        """This device, or the CPU where the framework cannot use it; and the words for people.

        The host trusts the driver; a framework may be a build for the CPU. For a backend.
        why: the reason, if it is not ``usable``.
        """
        if self.kind == "cpu" or usable:
            return self, str(self)
        log.warning("the CPU is used instead of %s: %s", self, why)
        return Device(), f"cpu ({why})"


class DeviceError(Exception):
    """A device was asked for that is not there, or that nobody can read."""


def discover() -> list[Device]:
    """The GPUs this process may use, in the order ``cuda:0, cuda:1 ...``, read through NVML.

    No framework is imported and no GPU is touched. An empty list where there is no NVIDIA
    driver. A CUDA_VISIBLE_DEVICES that the operator set is respected.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
        return [
            Device("cuda", number, _text(pynvml.nvmlDeviceGetName(handle)), _text(uuid))
            for number, (handle, uuid) in enumerate(_visible(pynvml))
        ]
    except pynvml.NVMLError as error:
        log.info("no GPU: %s", error)
        return []
    finally:
        with contextlib.suppress(pynvml.NVMLError):  # it was never initialised
            pynvml.nvmlShutdown()


def _visible(nvml: Any) -> list[tuple[Any, str]]:
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    gpus = [(handle, _text(nvml.nvmlDeviceGetUUID(handle))) for handle in handles]
    return mask(gpus, os.environ.get("CUDA_VISIBLE_DEVICES"))


def mask(gpus: Sequence[tuple[Any, str]], visible: str | None) -> list[tuple[Any, str]]:
    """Apply CUDA_VISIBLE_DEVICES to ``(handle, uuid)`` pairs as CUDA does.

    Entries are numbers or prefixes of UUIDs; the first that names no GPU ends the list.
    """
    if visible is None:
        return list(gpus)
    chosen = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdigit() and int(entry) < len(gpus):
            chosen.append(gpus[int(entry)])
        elif named := [gpu for gpu in gpus if entry and gpu[1].startswith(entry)]:
            chosen.append(named[0])
        else:
            break
    return chosen


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def resolve(
    wanted: Sequence[str], gpus: Sequence[Device], framework: str | None, plugin: str
) -> list[Device]:
    """Turn ``["auto"]``, ``["cpu"]``, ``["cuda:0", "cuda:1"]`` ... into devices.

    "auto" is a GPU if there is one and the plugin has a framework, else the CPU. "cuda" is
    "cuda:0". Naming a device twice gives it two workers.
    Raises DeviceError, with the devices there are, for any other.
    """
    cpu = Device(label=f"CPU ({usable_cores()} cores)")
    known = {"cpu": cpu, **{str(gpu): gpu for gpu in gpus}}
    if gpus:
        known["cuda"] = gpus[0]
    # Different plugins start with different GPUs, so that "auto" spreads them.
    auto = gpus[zlib.crc32(plugin.encode()) % len(gpus)] if gpus and framework else cpu
    known["auto"] = auto
    devices = []
    for name in wanted:
        if name.lower() not in known:
            there = ", ".join(["cpu"] + [f"{gpu} ({gpu.label})" for gpu in gpus])
            raise DeviceError(
                f"Plugin {plugin} asks for the device {name!r}, which is not here. "
                f"This machine has: {there}."
            )
        devices.append(known[name.lower()])
    return devices


def in_cluster(wanted: Sequence[str], framework: str | None, plugin: str) -> list[Device]:
    """The same for a plugin whose workers run in a Ray cluster, which chooses their devices.

    "auto" of a plugin with a framework is a device of the kind "auto": only the cluster knows.
    Raises DeviceError for a device with a number.
    """
    kinds = {"cpu": "cpu", "cuda": "cuda", "auto": "auto" if framework else "cpu"}
    labels = {"cpu": "Ray, CPU", "cuda": "Ray, GPU", "auto": "Ray"}
    for name in wanted:
        if name.lower() not in kinds:
            raise DeviceError(
                f"Plugin {plugin} asks for the device {name!r}, but its workers run in a Ray "
                "cluster, which chooses: say auto, cpu or cuda."
            )
    chosen = [kinds[name.lower()] for name in wanted]
    return [Device(kind, label=labels[kind]) for kind in chosen]


def usable_cores() -> int:
    """CPU cores this process may use (a container's share, not the machine's size)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def environment(device: Device, framework: str | None, threads: int | None) -> dict[str, str]:
    """Environment variables of a worker, to be set before it imports anything.

    threads: CPU threads it may use; None leaves the choice to the framework.
    """
    env = {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": device.uuid or str(device.index) if device.kind == "cuda" else "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # Workers share the cores: threads that spin while they wait made a training step of one
        # plugin four times slower beside another's.
        "OMP_WAIT_POLICY": "PASSIVE",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    if framework:
        env["KERAS_BACKEND"] = framework
    if threads is not None:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            env[name] = str(threads)
        env["TF_NUM_INTRAOP_THREADS"] = str(threads)
    return env
