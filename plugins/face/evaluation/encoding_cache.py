"""Encodings kept on disk between runs, by model and by picture file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from host import UserError

VERSION = 3
"""Raise it when detection, alignment or an encoder gives other numbers than before."""


class EncodingCache:
    """What a model saw in files that have not changed since (path, size and time of change).

    folder: made when it is not there. Several processes may share it. What :meth:`put` was given
    survives a crash once :meth:`commit` has returned.

    Everything raises UserError when the cache cannot be used, such as on a full disk.
    """

    def __init__(self, folder: Path, model: str) -> None:
        self._model = model
        self._path = folder / f"encodings-{VERSION}.sqlite"
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=30)
            # Paths as bytes: a file's name need not be text.
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS encodings (model TEXT, path BLOB, size INTEGER, "
                "mtime INTEGER, encoding BLOB, PRIMARY KEY (model, path)) WITHOUT ROWID"
            )

    def get(self, path: Path) -> tuple[bool, np.ndarray | None]:
        """Whether the file is known, and its encoding, float32 (D,), or None for "no face"."""
        if (stamp := _stamp(path)) is None:
            return False, None
        with self._told():
            row = self._database.execute(
                "SELECT encoding FROM encodings WHERE (model, path, size, mtime) = (?, ?, ?, ?)",
                (self._model, *stamp),
            ).fetchone()
        if row is None:
            return False, None
        return True, None if row[0] is None else np.frombuffer(row[0], "<f4")

    def put(self, path: Path, encoding: np.ndarray | None) -> None:
        if (stamp := _stamp(path)) is None:
            return
        data = None if encoding is None else encoding.astype("<f4").tobytes()
        with self._told():
            self._database.execute(
                "INSERT OR REPLACE INTO encodings VALUES (?, ?, ?, ?, ?)",
                (self._model, *stamp, data),
            )

    def commit(self) -> None:
        with self._told():
            self._database.commit()

    def __enter__(self) -> EncodingCache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.closing(self._database):
            if kind is None:
                self.commit()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise UserError(f"The cache {self._path} cannot be used: {error}.") from error


def _stamp(path: Path) -> tuple[bytes, int, int] | None:
    """Name, size and time of change (ns) of a file; None when it is gone."""
    try:
        state = path.stat()
    except OSError:
        return None
    return os.fsencode(path.resolve()), state.st_size, state.st_mtime_ns
