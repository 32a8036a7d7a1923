"""Unloading a plugin leaves nothing behind."""

from __future__ import annotations

import os
import time

import psutil

from host.testing.stage import Stage

CHECK = "memory returns"
_PATIENCE = 5.0  # seconds for a killed process to go


def check(stage: Stage) -> None:
    if stage.executor is None:
        return
    status = stage.executor.status()
    if status.pid is not None and (peak := _peak(status.pid)):
        stage.note(CHECK, f"Its worker took {peak / 1e6:.0f} MB at most.")
    stage.step("ending the worker", 60)
    stage.host.stop()
    end = time.monotonic() + _PATIENCE
    while (left := _left()) and time.monotonic() < end:
        time.sleep(0.05)
    for process in left:
        stage.problem(
            CHECK,
            f"{_name(process)} (process {process.pid}) still runs after the worker has ended: "
            "start it without start_new_session or setsid, or end it in close().",
        )
        process.kill()


def _peak(pid: int) -> int:
    """Most bytes a process ever had in memory; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/status") as lines:  # noqa: PTH123
            sizes = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
        return sizes[0] if sizes else 0
    except (OSError, ValueError, IndexError):
        return 0


def _left() -> list[psutil.Process]:
    """Processes that were started from the worker, known by the environment they inherited."""
    marker = os.environ["TRIPTYCH_CHECK_NETWORK"]
    found = []
    for process in psutil.process_iter():
        try:
            alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get("TRIPTYCH_CHECK_NETWORK") == marker:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _name(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:3]) or process.name()
    except psutil.Error:
        return "a process"
