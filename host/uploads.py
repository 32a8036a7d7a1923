"""Where visitors' files lie while they are here: in memory where there is room."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from pathlib import Path

log = logging.getLogger("host.uploads")

ROOM = 1_000_000_000
"""Bytes that must be free in memory, or the files go to a disk."""
_PREFIX = "triptych-"
_MOUNTS = Path("/proc/mounts")
_held: list[object] = []  # the folder and its lock, for as long as this process lives


def prepare(chosen: Path | None) -> Path:
    """Make the folder, which goes when this process ends. Call it before Gradio is imported.

    chosen: the folder to make it in; None for memory where there is room, else an ordinary
        temporary folder. Returns the folder that Gradio uses.

    Raises OSError where it cannot be made.
    """
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
    place = chosen or _roomy_memory() or Path(tempfile.gettempdir())
    _remove_abandoned(place)
    folder = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place, ignore_cleanup_errors=True)
    # Whoever finds it unlocked knows that its process was killed; so it is there only once locked,
    # or an app that starts at the same moment would take this one's folder for abandoned.
    lock = (Path(folder.name) / "lock.new").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    Path(lock.name).rename(Path(folder.name) / "lock")
    uploads = Path(folder.name) / "uploads"
    uploads.mkdir()
    _held.extend((lock, folder))
    # Gradio's parsers of forms write parts of them to the temporary folder.
    tempfile.tempdir = folder.name
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    return uploads


def warn(chosen: Path | None) -> None:
    """Log when files go to a disk though nobody chose that."""
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    if chosen is None and not _in_memory(folder):
        log.warning(
            "visitors' files go to a temporary folder on disk until they leave: no folder in "
            "memory has %.0f GB free (--uploads chooses another)",
            ROOM / 1e9,
        )


def _roomy_memory() -> Path | None:
    for place in (Path("/dev/shm"), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            roomy = os.access(place, os.W_OK) and shutil.disk_usage(place).free >= ROOM
            if roomy and _in_memory(place):
                return place
    return None


def _in_memory(place: Path) -> bool:
    try:
        mounts = [line.split()[1:3] for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return False
    place = place.resolve()
    above = [(point, kind) for point, kind in mounts if place.is_relative_to(point)]
    return bool(above) and max(above, key=lambda each: len(each[0]))[1] in ("tmpfs", "ramfs")


def _remove_abandoned(place: Path) -> None:
    """Delete the folders of processes that were killed, or memory would fill with them."""
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            with (folder / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, another user's, or none of ours
            continue
