"""Which pictures the command paints, and into which files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host import UserError, images
from plugins.style.settings import GPU_SIZES

OUTPUTS = (".png", ".jpg", ".jpeg")
_SENT = 2 * GPU_SIZES[1]  # pixels; more of a side is not needed for the largest result


@dataclass(frozen=True)
class Job:
    """One picture to paint: from ``content`` to ``out``, with a film to ``making`` or None."""

    content: Path
    out: Path
    making: Path | None


def jobs_of(content: Path, out: Path, making: Path | None, others: Sequence[Path]) -> list[Job]:
    """What is to be painted, by file name: one picture, or all of a folder.

    others: files that are read, too, so must not be overwritten.
    Raises UserError for names that cannot be meant.
    """
    if not content.exists():
        raise UserError(f"There is no {content}.")
    if not content.is_dir():
        if out.suffix.lower() not in OUTPUTS:
            raise UserError("The name of --out must end in .png or .jpg.")
        if making and making.suffix.lower() != ".gif":
            raise UserError("The name of --making must end in .gif.")
        _spare([out, making], [content, *others])
        return [Job(content, out, making)]
    for name, folder in (("--out", out), ("--making", making)):
        if folder and (folder.exists() or folder.suffix) and not folder.is_dir():
            raise UserError(f"{name} must be a folder, as --content is one.")
    found = images.files_in(content)
    if not found:
        raise UserError(f"There are no pictures in the folder {content}.")
    stems = [path.stem.lower() for path in found]
    jobs = []
    for path in found:
        name = path.name if stems.count(path.stem.lower()) > 1 else path.stem  # a.jpg and a.png
        film = making / f"{name}.gif" if making else None
        jobs.append(Job(path, out / f"{name}.png", film))
    outputs = [path for job in jobs for path in (job.out, job.making)]
    _spare(outputs, [*found, *others])
    return jobs


def _spare(outputs: list[Path | None], inputs: list[Path]) -> None:
    kept = {path.resolve() for path in inputs}
    for path in outputs:
        if path and path.resolve() in kept:
            raise UserError(f"{path} would be overwritten: choose another --out.")


def make_folder(folder: Path) -> None:
    """Make the folder. Raises UserError when it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} cannot be written to.")


def is_done(job: Job, newest: float) -> bool:
    """Whether it was painted after its photo and the ``newest`` painting were changed."""
    try:
        return job.out.stat().st_mtime > max(job.content.stat().st_mtime, newest)
    except OSError:
        return False


def load(path: Path) -> np.ndarray:
    """A picture as RGB uint8 (H, W, 3). Raises UserError, which names the file."""
    if not path.is_file():
        raise UserError(f"{path} is no file.")
    try:
        return read(path)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def read(path: Path) -> np.ndarray:
    """The same, with errors that do not name it."""
    return images.fit(images.load(path, images.OWN_FILES), _SENT)
