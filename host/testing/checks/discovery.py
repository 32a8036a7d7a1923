"""Finding a plugin works, and is cheap."""

from __future__ import annotations

import importlib

from host.sources import path_of
from host.testing.code import of_plugin
from host.testing.imports import HEAVY
from host.testing.stage import CannotGoOn, Stage
from host.testing.target import find

CHECK = "imports nothing heavy"


def check(stage: Stage) -> None:
    """Find the plugin. Raises CannotGoOn when there is none to check."""
    stage.watcher.start()
    stage.settings, found = find(stage.options.target)
    first, *others = found
    path = path_of(stage.options.target)
    extra = [path] if path.exists() else []
    if first.plugin is not None:
        stage.code = of_plugin(first.plugin, extra)
        for heavy in stage.watcher.imported_by(stage.code, HEAVY):
            stage.problem(
                CHECK,
                f"Finding it imports {heavy}. Import it in the backend's module, or inside the "
                "function that needs it: every start and every command waits for this.",
            )
    if first.plugin is None or not first.usable:
        stage.problem(CHECK, f"It cannot be used: {_sentence(first.error or first.missing)}")
        raise CannotGoOn
    stage.found, stage.plugin = first, first.plugin
    for command in first.commands:
        module, _, function = command.main.partition(":")
        try:
            getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError) as error:
            stage.problem(
                CHECK,
                f"triptych {first.name} {command.name}: {command.main} is not there: {error}.",
            )
    if others:
        names = ", ".join(item.name for item in others)
        stage.note(CHECK, f"Only {first.name} is checked; it comes with {names}.")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
