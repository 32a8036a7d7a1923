"""Trying every public event, once for all the checks that want to know how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction

    from host.testing.stage import Stage
    from host.testing.values import Case
    from host.testing.visit import Answer

PROMPT = 1.0
"""Seconds within which a cancelled stream leaves its worker."""

_HOPELESS = 8.0
"""Seconds after which nobody measures again: the call had to be killed, or nearly."""

_EXAMPLES = 3
"""How many of an event's examples are tried, unless the check is asked for by name."""


@dataclass
class Event:
    """One public event and how it answered, case by case."""

    function: BlockFunction
    tried: list[tuple[Case, Answer]] = field(default_factory=list)
    untried: int = 0
    lost: set[str] = field(default_factory=set)
    """Answers of the backend that could not leave its worker, as the log has them."""

    @property
    def name(self) -> str:
        return str(self.function.api_name)

    @property
    def cancelled(self) -> float | None:
        """Seconds to an idle worker, the longest of its cases; None where none was cancelled."""
        return max((a.cancelled for _, a in self.tried if a.cancelled is not None), default=None)


def try_all(stage: Stage) -> list[Event]:
    """Call each event on its examples and cancel it if it streams."""
    return [_try(stage, function) for function in stage.functions]


def _try(stage: Stage, function: BlockFunction) -> Event:
    from host.testing.values import cases  # imports Gradio, which finding a plugin must not

    event = Event(function)
    found = cases(stage.page, function, stage.visit.folder)
    some = found if stage.options.thorough else found[:_EXAMPLES]
    event.untried = len(found) - len(some)
    for case in some:
        answer = _steady(stage, function, case)
        event.tried.append((case, answer))
        if answer.kind == "lost":
            event.lost.add(answer.text)
        if answer.kind in ("failed", "late", "lost"):
            break
    return event


def _steady(stage: Stage, function: BlockFunction, case: Case) -> Answer:
    """The answer; of three, that with the middle time if the first was not cancelled promptly.

    One slow moment of the machine is not the plugin's fault; a plugin that is slow always is.
    """
    answer = stage.visit.call(function, case.values)
    if answer.cancelled is None or not PROMPT < answer.cancelled < _HOPELESS:
        return answer
    answers = [answer, *(stage.visit.call(function, case.values) for _ in range(2))]
    timed = [each for each in answers if each.cancelled is not None]
    middle = median(each.cancelled for each in timed if each.cancelled is not None)
    return min(timed, key=lambda each: abs((each.cancelled or 0) - middle))
