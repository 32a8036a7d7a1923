"""Folders with a sub-folder of pictures for each person."""

from __future__ import annotations

from pathlib import Path

from host import UserError, images


def find_pictures(root: Path, limit: int | None = None) -> dict[str, Path]:
    """Every picture below a person's folder in ``root``, by its path from there.

    limit: only the first so many people. Raises UserError when there is none.
    """
    try:
        people = sorted(path for path in existing_folder(root).iterdir() if path.is_dir())
    except OSError as error:
        raise UserError(f"{root} cannot be read: {error.strerror}.") from error
    found: dict[str, Path] = {}
    taken = 0
    for person in people:
        if person.name.startswith((".", "__MACOSX")):
            continue
        files = images.files_in(person, below=True)
        if files:
            found.update((path.relative_to(root).as_posix(), path) for path in files)
            taken += 1
        if taken == limit:
            break
    if not found:
        raise UserError(
            f"{root} has no pictures in sub-folders: make a folder for each person, with "
            "pictures of that person in it."
        )
    return found


def existing_folder(path: Path) -> Path:
    if not path.is_dir():
        raise UserError(f"There is no folder {path}.")
    return path
