"""Which visitor's events used which files of the uploads folder, and when they go."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

_RESULTS = 300
"""Files that a visitor's events made and that are kept, however long the visitor stays: a stream
makes one at each step, and a page shows the latest."""

_DEEPEST = 20  # levels of lists and dictionaries in which a file is looked for


class VisitorFiles:
    """Used by the web server's own thread only.

    Files are named by what is in them, so visitors who send the same picture share one.

    folder: the uploads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        # Visitor, file: when, by a clock that never jumps, and how it was written then.
        self._used: defaultdict[str, dict[str, tuple[float, int]]] = defaultdict(dict)
        self._results: defaultdict[str, dict[str, None]] = defaultdict(dict)  # visitor, file: order
        self._found: dict[str, tuple[float, int]] = {}  # file: when it was first seen so
        self._users: defaultdict[str, set[str]] = defaultdict(set)  # file: visitors
        self.awaited = Awaited()

    def use(self, visitor: str, values: Any, incoming: bool) -> None:
        """An event of that visitor takes or gives ``values``, as Gradio sends them."""
        now = time.monotonic()
        for path in _paths(values, f"{self._folder}{os.sep}"):
            if incoming:
                self.awaited.claim(path)
                self._results[visitor].pop(path, None)
            elif path in self._results[visitor] or path not in self._used[visitor]:
                self._results[visitor].pop(path, None)
                self._results[visitor][path] = None
            self._used[visitor][path] = now, _written(path)
            self._users[path].add(visitor)

    def surplus(self, keep: Collection[str]) -> list[str]:
        """Results to delete because their visitors have many that are newer."""
        gone = []
        for visitor, results in self._results.items():
            for path in list(results)[: max(0, len(results) - _RESULTS)]:
                del results[path]
                self._used[visitor].pop(path, None)
                gone += self._without(path, visitor, keep)
        return gone

    def leave(self, visitor: str, keep: Collection[str]) -> list[str]:
        """The visitor has left. Returns the files to delete: those nobody else needs."""
        gone = []
        self._results.pop(visitor, None)
        for path, (_, written) in self._used.pop(visitor, {}).items():
            if _written(path) == written:  # else somebody sent it anew and is about to use it
                gone += self._without(path, visitor, keep)
            else:
                self._users[path].discard(visitor)
        return gone

    def _without(self, path: str, visitor: str, keep: Collection[str]) -> list[str]:
        """The file, unless others than that visitor need it."""
        users = self._users[path]
        users.discard(visitor)
        if users:
            return []
        del self._users[path]
        return [] if path in keep or self.awaited.count(path) else [path]

    def old(self, seconds: float, keep: Collection[str]) -> list[str]:
        """Files that nobody sent or used for that long. They are no longer anybody's."""
        now, gone = time.monotonic(), []
        latest: dict[str, float] = {}
        for files in list(self._used.values()):
            for path, (when, _) in list(files.items()):
                latest[path] = max(when, latest.get(path, 0.0))
        found, self._found = self._found, {}
        for path in _all_files(self._folder):
            first, written = found.get(path, (now, -1))
            if written != (written_now := _written(path)):
                first = now
            self._found[path] = first, written_now
            if now - max(first, latest.get(path, 0.0)) > seconds and path not in keep:
                gone.append(path)
        for path in gone:
            self.awaited.forget(path)
            for visitor in self._users.pop(path, set()):
                self._used[visitor].pop(path, None)
                self._results.get(visitor, {}).pop(path, None)
                if not self._used[visitor]:
                    del self._used[visitor]
                    self._results.pop(visitor, None)
        return gone

    def all(self) -> set[str]:
        """Every file there is."""
        return set(_all_files(self._folder))


class Awaited(set[str]):
    """Uploads that no event has used yet. Gradio adds to it; it never shrinks on its own."""

    def __init__(self) -> None:
        super().__init__()
        self._unused: Counter[str] = Counter()

    def update(self, *uploads: Iterable[Any]) -> None:
        for upload in uploads:
            for path in upload:
                self._unused[str(path)] += 1

    def claim(self, path: str) -> None:
        if self._unused[path] > 1:
            self._unused[path] -= 1
        else:
            del self._unused[path]

    def count(self, path: str) -> int:
        return self._unused[path]

    def forget(self, path: str) -> None:
        del self._unused[path]


def delete(paths: Iterable[str]) -> None:
    """Delete files, and the folders that held nothing else."""
    for path in paths:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        with contextlib.suppress(OSError):
            Path(path).parent.rmdir()


def _written(path: str) -> int:
    """The moment it was last written, in ns; 0 for what is not there."""
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _all_files(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)  # noqa: PTH118 - as quick as it gets


def _paths(values: Any, prefix: str, depth: int = 0) -> Iterator[str]:
    """Every text among the values that begins as a path in the folder does."""
    if isinstance(values, str):
        if values.startswith(prefix):
            yield values
    elif depth > _DEEPEST:
        return
    elif isinstance(values, dict):
        for value in values.values():
            yield from _paths(value, prefix, depth + 1)
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _paths(value, prefix, depth + 1)
    elif isinstance(values, BaseModel):
        yield from _paths(values.model_dump(), prefix, depth + 1)
