"""The visitor's own pictures for a run, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from host import UserError
from plugins.gan.runs.run import Run
from plugins.gan.runs.settings import OWN

MAX_BYTES = 200_000_000


def read(files: Sequence[str] | None) -> list[bytes]:
    """The files' content. Raises UserError for none, and for more than MAX_BYTES."""
    if not files:
        raise UserError("Please choose pictures, or a zip of them, first.")
    paths = [Path(file) for file in files]
    if sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise UserError(f"These files are over {MAX_BYTES // 1_000_000} MB together.")
    return [path.read_bytes() for path in paths]


def of(run: Run, files: Sequence[str] | None) -> list[bytes]:
    """Those of ``run``; of one that was opened from a file, which does not hold them, ``files``."""
    if run.settings.data == OWN and not run.files:
        run.files = read(files)
    return run.files
