"""The backend can be made: on the CPU, without a network."""

from __future__ import annotations

import time

from host import hooks
from host.testing.code import short
from host.testing.stage import CannotGoOn, Stage

CHECK = "backend constructs"


def check(stage: Stage) -> None:
    """Start the worker. Raises CannotGoOn when it does not become ready."""
    executor, limit = stage.executor, stage.options.time_limit
    if executor is None:
        return
    # Its own wait ends first, so that the rest can still be told.
    stage.step("constructing the backend", limit + 15)
    executor.warm_up()
    end = time.monotonic() + limit
    while (state := executor.status().state) in ("new", "starting"):
        if time.monotonic() > end:
            stage.problem(
                CHECK,
                f"{stage.plugin.backend} was not ready within {limit:g} s: load less in its "
                "constructor, or more at the first call; --time-limit allows more.",
            )
            _tell_network(stage)
            raise CannotGoOn
        time.sleep(0.02)
    if state == "ready":
        return
    trace = stage.log.all("host.executor")
    why = executor.status().last_error
    place = stage.code.last_line(trace)
    where = f" at {place}" if place else ""
    if "in _health" in trace:
        stage.problem(
            "health",
            f"health() fails{where}: {why}. It takes nothing and returns dict[str, str], even "
            "right after construction.",
        )
        raise CannotGoOn
    stage.problem(
        CHECK,
        f"{stage.plugin.backend} cannot be constructed on the CPU{where}: {_brief(why)}",
    )
    _tell_network(stage)
    raise CannotGoOn


def check_network(stage: Stage) -> None:
    if stage.options.interpreter and stage.executor is not None:
        stage.note(
            "no network at import",
            "The backend was not watched: it runs in an interpreter of its own.",
        )
    _tell_network(stage)


def check_health(stage: Stage) -> None:
    if stage.executor is None:
        return
    try:
        for lines in hooks.call(stage.found, "health_lines", stage.loaded.backend):
            dict(lines).items()
    except Exception as error:  # noqa: BLE001  a plugin's code
        told = f"{type(error).__name__}: {error}"
        stage.problem("health", f"The hook health_lines fails ({told}); it returns dict[str, str].")
    for key, value in stage.executor.status().health.items():
        if not key.strip() or not value.strip():
            stage.problem("health", f"health() returns {key!r}: {value!r}; say something, or none.")


def _tell_network(stage: Stage) -> None:
    told = set()
    for seen in stage.network():
        frames = [(file, line) for file, line in seen["frames"]]
        place = stage.code.innermost(frames)
        if place is None or place in told:
            continue
        told.add(place)
        stage.problem(
            "no network at import",
            f"{short(place[0])}:{place[1]} uses the network ({seen['event']} "
            f"{seen['address']}) before anybody asked: do it in a method that a visitor calls, "
            "and with context.weights for published files.",
        )


def _brief(text: str) -> str:
    """The first line, and the last if there are more: the end of what a dying worker said."""
    lines = [line for line in text.splitlines() if line.strip()] or ["it says nothing"]
    return lines[0] if len(lines) == 1 else f"{lines[0]} (last words: {lines[-1].strip()})"
