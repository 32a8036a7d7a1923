"""Enrolling everybody in a zip with a folder of pictures for each person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from host import UserError
from host.ui import WorkerError
from plugins.face.recognition.visitors import VisitorGallery

PROBLEMS_SHOWN = 5


def enrol_all(
    backend: Any,
    mine: VisitorGallery,
    archive: bytes,
    model: str | None,
    shown: Callable[[str], tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    """Enrols picture by picture, so that what came before a stop or a failure is kept."""
    gallery = mine.open()
    told, added, new, problems = 0.0, 0, 0, []
    end = "The zip was stopped."
    pictures = backend.people(archive, model)
    while True:
        try:
            picture = next(pictures)
            if picture.encoding is None:
                problems.append(f"{picture.person or '?'}/{picture.name}: {picture.problem}")
            else:
                enrolled = gallery.enrol(
                    picture.person, picture.encoding[None], picture.model, [picture.portrait]
                )
                mine.added(enrolled)
                added, new = added + 1, new + enrolled.new
        except StopIteration as stop:
            end = end if stop.value is None else ""
            break
        except (UserError, WorkerError) as error:  # a damaged end, a full gallery, a dead worker
            if not added:
                raise
            end = f"The rest was not enrolled: {escape(str(error))}"
            break
        if time.monotonic() - told > 1:
            told = time.monotonic()
            yield shown(f"{count(added, 'picture', 'pictures')} enrolled so far ...")
    lines = [
        f"{count(added, 'picture', 'pictures')} enrolled; {count(new, 'new person', 'new people')}."
    ]
    if problems:
        listed = [escape(line) for line in problems[:PROBLEMS_SHOWN]]
        lines += [f"{len(problems)} left out: {listed[0]}", *listed[1:]]
        if len(problems) > len(listed):
            lines.append(f"… and {len(problems) - len(listed)} more")
    yield shown("<br>".join(line for line in (end, *lines) if line))


def count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
