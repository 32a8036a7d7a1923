"""Work in steps: generators that yield how far they are and return their result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from plugins.gan.evaluation.results import Progress

T = TypeVar("T")
Steps = Generator[Progress, None, T]


def finish(steps: Generator[Any, None, T]) -> T:
    """Run to the end, and give the result."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def told(steps: Generator[Any, None, T], say: Callable[[Any], str]) -> Generator[str, None, T]:
    """``steps`` with what ``say`` makes of each item in its place."""
    while True:
        try:
            item = next(steps)
        except StopIteration as done:
            return done.value
        yield say(item)


def between(start: float, end: float, steps: Steps[T]) -> Steps[T]:
    """``steps`` as the part from ``start`` to ``end`` of a longer work."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as done:
            return done.value
        yield Progress(start + (end - start) * progress.fraction, progress.doing)
