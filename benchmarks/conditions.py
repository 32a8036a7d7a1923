"""What the figures were measured on."""

from __future__ import annotations

import contextlib
import datetime
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import psutil
from rows import ROOT

from host.devices import usable_cores

CHANGED = " and changes"
LIBRARIES = (
    *("gradio", "numpy", "tensorflow", "keras", "torch", "ray"),
    *("faiss-cpu", "keras-facenet", "facenet-pytorch", "mtcnn"),
)


def described() -> dict[str, str]:
    """The machine, the versions, the day and the commit, by what to call them."""
    return {
        "processor": f"{_processor()}, {usable_cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
        "libraries": ", ".join(_versions()),
        "commit": _commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


def _processor() -> str:
    with contextlib.suppress(OSError):  # Linux has it here
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _versions() -> list[str]:
    versions = []
    for name in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    return versions


def _commit() -> str:
    """Where the code stands, and whether it was changed since; "unknown" outside a checkout."""

    def git(*words: str) -> str:
        command = ["git", *words]
        return subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "host", "plugins", "assets", "benchmarks")
        return git("rev-parse", "--short", "HEAD") + (CHANGED if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
