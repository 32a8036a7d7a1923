"""What the checks are called, and what they found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

CHECKS = {
    "imports nothing heavy": "finding the plugin works, and imports no framework and no Gradio",
    "tab builds twice": "the tab builds twice, and imports no framework into the web process",
    "event names": "public events are named PLUGIN_ACTION, once each, and belong to nobody else",
    "signatures and docstrings": "events and backend methods say what they take and do",
    "backend constructs": "the backend can be made on the CPU, in a worker of its own",
    "no network at import": "no connection is made before a visitor asks for something",
    "health": "health(), where there is one, returns text",
    "events answer": "every public event answers on its examples",
    "bad input": "bad values are answered with a result or a sentence",
    "generators cancel": "a stream that is cancelled leaves its worker idle within a second",
    "results survive the pipe": "what the backend returns can reach the web process",
    "memory returns": "no process is left when the worker has ended",
}
"""In the order in which they run."""


class UnknownPlugin(Exception):
    """No plugin is called so, or no check; the text says which there are."""


@dataclass
class Result:
    """One check: ``problems`` say what to change, ``notes`` what is good to know.

    reached: False if it could not be tried, because an earlier check failed.
    """

    check: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    reached: bool = False

    @property
    def state(self) -> str:
        """ "ok", "fails", "note" (it holds, with something to know) or "not reached"."""
        if self.problems:
            return "fails"
        if not self.reached:
            return "not reached"
        return "note" if self.notes else "ok"


@dataclass
class Report:
    """What ``check`` found out about ``plugin``: a Result for each check that was asked for."""

    plugin: str
    results: list[Result]

    @property
    def passed(self) -> bool:
        return not any(result.problems or not result.reached for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: plugin, passed, and each result with its state."""
        results = [{**asdict(result), "state": result.state} for result in self.results]
        return {"plugin": self.plugin, "passed": self.passed, "checks": results}


def chosen(names: Iterable[str]) -> list[str]:
    """These checks in their order; all if there are none.

    Raises UnknownPlugin for a name that no check has, with the nearest one.
    """
    wanted = {name.strip() for name in names if name.strip()}
    for name in sorted(wanted - CHECKS.keys()):
        near = difflib.get_close_matches(name.lower(), CHECKS, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(CHECKS)}."
        raise UnknownPlugin(f"There is no check {name!r}; {hint}")
    return [name for name in CHECKS if not wanted or name in wanted]
