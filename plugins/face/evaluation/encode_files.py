"""Encoding picture files, with a cache on disk and progress on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from host import images
from plugins.face.evaluation.encoding_cache import EncodingCache
from plugins.face.evaluation.encodings import NO_FACE, Encode, Encodings, collect

PROGRESS_EVERY = 0.2  # seconds


class _FileCache:
    """An :class:`EncodingCache` by the keys of ``files``, counting what it answered."""

    def __init__(self, cache: EncodingCache, files: Mapping[str, Path]) -> None:
        self._cache = cache
        self._files = files
        self.answered = 0
        self.commit = cache.commit

    def get(self, key: str) -> tuple[bool, np.ndarray | None]:
        known, encoding = self._cache.get(self._files[key])
        self.answered += known
        return known, encoding

    def put(self, key: str, encoding: np.ndarray | None) -> None:
        self._cache.put(self._files[key], encoding)


def encode_files(files: Mapping[str, Path], encode: Encode, model: str, folder: Path) -> Encodings:
    """The encodings of ``files``, whose keys begin with the person; progress goes to stderr.

    folder: of the cache of encodings.
    """
    with EncodingCache(folder, model) as store:
        cache = _FileCache(store, files)
        result = _show(
            collect(
                (
                    (key, key.partition("/")[0], partial(images.load, path, images.OWN_FILES))
                    for key, path in files.items()
                ),
                encode,
                cache,
            ),
            len(files),
            cache,
        )
    unread = sum(problem != NO_FACE for _, problem in result.problems)
    _say(
        f"{len(files)} pictures: {cache.answered} from the cache, "
        f"{len(files) - cache.answered - unread} encoded, "
        f"{len(result.problems)} without an encoding.\n"
    )
    return result


def _show(steps: Generator[int, None, Encodings], total: int, cache: _FileCache) -> Encodings:
    """Runs ``steps`` to their end with a counter on stderr: one line, over itself on a screen."""
    began = told = time.monotonic()
    screen = sys.stderr.isatty()
    every = PROGRESS_EVERY if screen else 10.0
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            if screen:
                _say("\r\x1b[K")
            return end.value
        now = time.monotonic()
        if now - told < every:
            continue
        told = now
        fresh = done - cache.answered
        left = (now - began) / fresh * (total - done) if fresh > 0 else None
        line = f"{done} of {total} pictures" + ("" if left is None else f", {_span(left)} left")
        _say(f"\r\x1b[K{line}" if screen else f"{line}\n")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
