"""Events answer, refuse what is bad, end when they are cancelled, and return what can travel."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Iterator

from host.testing.code import short
from host.testing.events import PROMPT, Event
from host.testing.imports import FRAMEWORKS
from host.testing.stage import Stage

_BUDGET = 15.0  # seconds for all bad values, unless the check is asked for by name
_ENOUGH = 3  # problems of one event, after which it is left alone


def check(stage: Stage) -> None:
    name = "events answer"
    for event in stage.events:
        case, answer = event.tried[-1]
        with_what = "its example" if case.from_examples else "the values that the page shows"
        if case.guessed:
            with_what = f"the values that the check guessed for {', '.join(case.guessed)}"
        if answer.kind == "refused":
            advice = "" if case.from_examples else "; give it gr.Examples"
            stage.note(name, f"{event.name} refused {with_what}: '{answer.text}'{advice}.")
        elif answer.kind == "failed":
            stage.problem(
                name,
                f"{event.name} fails on {with_what}{_at(answer.place, event)}: {answer.text}. "
                "Mend it, or raise UserError with a sentence if the visitor can.",
            )
        elif answer.kind == "late":
            stage.problem(
                name,
                f"{event.name} gives {answer.text} on {with_what}: make it a generator that "
                "yields early, give it smaller gr.Examples, or allow more with --time-limit.",
            )
        if event.untried:
            stage.note(name, f"{event.name}: {event.untried} more examples were not tried.")
    for imported in stage.watcher.imported_by(stage.code, FRAMEWORKS):
        if imported not in stage.frameworks:
            stage.problem(
                name, f"An event imports {imported}, into the web process: call the backend."
            )


def check_cancel(stage: Stage) -> None:
    name = "generators cancel"
    times = []
    for event in stage.events:
        seconds = event.cancelled
        if seconds is None:
            continue
        if seconds > PROMPT:
            took = "still worked after 15 s" if seconds == math.inf else f"took {seconds:.1f} s"
            stage.problem(
                name,
                f"{event.name}{_at('', event)} {took} to end when it was cancelled: let its "
                "backend method yield at least once a second, before and between long steps too "
                "(yielding what it yielded last will do).",
            )
        times.append(f"{event.name} {seconds:.2f} s")
    if times:
        stage.note(name, f"Idle after {', '.join(times)}.")


def check_results(stage: Stage) -> None:
    told: set[str] = set()
    for event in stage.events:
        for text in sorted(event.lost - told):
            told.add(text)
            method = text.partition(": ")[0].rpartition(".")[2]
            why = text.partition("cannot leave the worker: ")[2] or text
            stage.problem(
                "results survive the pipe",
                f"{event.name}: what {stage.plugin.backend}'s {method} returns cannot leave the "
                f"worker ({why}). Return NumPy arrays (tensor.cpu().numpy()), numbers, texts or "
                "dataclasses of these, and no open files, locks or functions.",
            )


def check_bad_input(stage: Stage) -> None:
    """One bad value at a time, the others as in the event's first example."""
    name = "bad input"
    end = time.monotonic() + (math.inf if stage.options.thorough else _BUDGET)
    tried = untried = 0
    left = len(stage.events)
    for event in stage.events:
        share = time.monotonic() + (end - time.monotonic()) / left
        left -= 1
        case, answer = event.tried[0]
        if answer.kind not in ("answered", "refused"):
            stage.note(name, f"{event.name} was not tried: it fails on good values already.")
            continue
        values = stage.visit.sent(event.function, case.values)
        problems: list[str] = []
        for place, label, what, value in _one_at_a_time(stage, event, case.values):
            if time.monotonic() > share or len(problems) >= _ENOUGH:
                untried += 1
                continue
            tried += 1
            given = [*values[:place], value, *values[place + 1 :]]
            answer = stage.visit.call(event.function, given)
            if answer.kind == "lost":
                event.lost.add(answer.text)
            # Without a line of the plugin's, Gradio itself could not read the value.
            if answer.kind == "late" or (answer.kind == "failed" and _is_theirs(stage, answer)):
                problems.append(
                    f"{event.name} with {what} for {label}{_at(answer.place, event)}: "
                    f"{answer.text}. Look at it first and raise UserError with one sentence "
                    "that says what to do."
                )
        for problem in problems:
            stage.problem(name, problem)
    if untried:
        stage.note(
            name,
            f'{tried} of {tried + untried} bad values were tried; --only "bad input" tries all.',
        )


def _is_theirs(stage: Stage, answer: object) -> bool:
    place = getattr(answer, "place", "")
    return bool(place) or bool(stage.log.last("host.executor", "host.events"))


def _one_at_a_time(
    stage: Stage, event: Event, base: list[object]
) -> Iterator[tuple[int, str, str, object]]:
    """(place, label, what, value): the first bad value of each input, then the second ..."""
    from host.testing.values import bad, inputs, label

    components = inputs(event.function)
    columns = [list(bad(component, stage.visit.folder)) for component in components]
    for row in range(max(map(len, columns), default=0)):
        for place, column in enumerate(columns):
            if row < len(column) and column[row].value != base[place]:
                yield place, label(components[place]), column[row].what, column[row].value


def _at(place: str, event: Event) -> str:
    """ " (FILE:LINE)" where it failed, or else where the event's function is."""
    if not place:
        code = getattr(inspect.unwrap(event.function.fn), "__code__", None)
        place = f"{short(code.co_filename)}:{code.co_firstlineno}" if code else ""
    return f" ({place})" if place else ""
