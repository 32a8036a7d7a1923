"""Giving memory that nothing uses any more back to the system."""

from __future__ import annotations

import ctypes
import time

_PERIOD = 1.0  # seconds: a trim takes about 0.01 s
# Of glibc's mallopt(3).
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE = 128 * 1024  # bytes


class Heap:
    """The C library's heap of this process, trimmed at most once a second.

    Tensors of ever new sizes leave gaps between one another, and glibc hands back only what lies
    above the last one: a worker that enlarged 20 pictures of different sizes kept 300 MB of gaps.
    Where the C library cannot do it (macOS, musl, Windows), nothing happens.
    """

    def __init__(self) -> None:
        self._trim = getattr(_libc(), "malloc_trim", None)
        self._trimmed = time.monotonic()

    def trim(self) -> None:
        """Hand back every page on which nothing lies."""
        if self._trim is not None and time.monotonic() - self._trimmed > _PERIOD:
            self._trim(0)
            self._trimmed = time.monotonic()


def keep_pictures_out() -> None:
    """Have this process take large blocks from the system one by one, and give each back at once.

    For a process whose threads hold many pictures for a while. glibc does so too, until it frees
    the first one: from then on ever larger ones lie in the heap, in a part of it for each thread,
    with gaps between them. Tensors that come and go at every step are better kept in the heap.
    """
    choose = getattr(_libc(), "mallopt", None)
    if choose is not None:
        choose(_MMAP_THRESHOLD, _LARGE)
        choose(_ARENA_MAX, 2)


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no such thing
        return None
