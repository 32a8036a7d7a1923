"""The files beside a SQLite database that hold its encodings as one matrix per model.

They repeat what the database says, so that a search can map them into memory instead of reading
a million rows. A file is named after its token: one that was left behind by a crash or belongs to
another database is never taken for the current one. Which rows of it count, the database says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_DTYPE = np.dtype("<f4")


class MatrixFiles:
    """Raw float32 files called ``DATABASE-TOKEN.f32``; all but ``map`` need the write lock."""

    def __init__(self, database: Path) -> None:
        self._folder = database.parent
        self._name = database.name
        self._ours = re.compile(re.escape(database.name) + r"-[0-9a-f]{16}\.f32(\.new)?")

    def append(self, token: str, rows: int, encodings: np.ndarray) -> bool:
        """Put ``encodings`` (N, D) behind the first ``rows``; False if those are not there.

        What lies behind the first ``rows`` is left over from a transaction that failed.
        """
        path, at = self._path(token), rows * encodings.shape[1] * _DTYPE.itemsize
        if rows and not self._holds(path, at):
            return False
        with path.open("r+b" if rows else "wb") as stream:
            stream.seek(at)
            stream.write(np.ascontiguousarray(encodings, _DTYPE).data)
            stream.truncate()
            _sync(stream.fileno())
        return True

    def write(self, token: str, blocks: Iterable[np.ndarray]) -> None:
        """Make the whole file of ``token``, which appears only when it is complete."""
        path = self._path(token)
        draft = path.with_name(path.name + ".new")
        with draft.open("wb") as stream:
            for block in blocks:
                stream.write(np.ascontiguousarray(block, _DTYPE).data)
            stream.flush()
            _sync(stream.fileno())
        draft.replace(path)

    def map(self, token: str, rows: int, dimension: int) -> np.ndarray | None:
        """The first ``rows`` as float32 (rows, dimension); None if the file has not that many."""
        path = self._path(token)
        try:
            if not self._holds(path, rows * dimension * _DTYPE.itemsize):
                return None
            return np.asarray(np.memmap(path, _DTYPE, "r", shape=(rows, dimension)))
        except FileNotFoundError:  # a removal in another process has just replaced it
            return None

    def sweep(self, tokens: set[str]) -> None:
        """Delete the files that are none of ``tokens``'."""
        current = {self._path(token).name for token in tokens}
        for path in self._folder.iterdir():
            if self._ours.fullmatch(path.name) and path.name not in current:
                path.unlink(missing_ok=True)

    def _path(self, token: str) -> Path:
        return self._folder / f"{self._name}-{token}.f32"

    @staticmethod
    def _holds(path: Path, size: int) -> bool:
        return path.is_file() and path.stat().st_size >= size


def _sync(descriptor: int) -> None:
    """The database's commit must not reach the disk before what it counts."""
    os.fsync(descriptor)
