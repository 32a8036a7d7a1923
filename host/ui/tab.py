"""Filling one plugin's tab, whatever its code does."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import get_blocks_context

from host.deadline import TooLate, within
from host.host import Loaded
from host.plugins import Found
from host.ui import events


class TabError(Exception):
    """A tab could not be built; its text says why, its cause what was raised."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def fill(
    loaded: Loaded, names: Collection[str], seconds: float, author_folder: Path | None = None
) -> None:
    """Build a plugin's tab inside the open block and adopt its events.

    names: of all plugins, whose events must not be taken.
    seconds: how long it may take.
    author_folder: see :func:`host.ui.events.adopt`.

    Raises TabError whatever goes wrong. The block then holds half a tab.
    """
    plugin = loaded.found.plugin
    config = get_blocks_context()
    assert plugin is not None and config is not None
    before = set(config.fns)
    try:
        within(seconds, lambda: _builder(plugin.tab)(loaded.backend))
        for number in config.fns.keys() - before:
            workers = max(1, len(loaded.executors))
            events.adopt(config.fns[number], plugin, workers, names, author_folder)
    except TooLate as error:
        raise TabError(plugin.name, f"its tab was not built within {seconds:g} s") from error
    # A plugin's own code: whatever it raises must not reach the other tabs.
    except (Exception, SystemExit) as error:
        raise TabError(plugin.name, f"{type(error).__name__}: {error}") from error


def show_error(found: Found, error: str, details: bool, lines: str = "") -> None:
    """Fill the open tab of a plugin that cannot be used.

    details: say what its exception said. It may hold paths or passwords, so only a page that the
        public cannot open has it.
    lines: HTML for its author.
    """
    told = escape(error) if details else ""
    gr.HTML(
        "<div class='worker-broken' role='alert'>"
        f"<b>{escape(found.title)} could not be loaded.</b> {told}<br>{lines}"
        f"<small>It comes {escape(found.origin)}. The other tabs work; the log has the "
        "details.</small></div>"
    )


def _builder(dotted: str) -> Callable[[Any], None]:
    module, _, name = dotted.partition(":")
    builder: Callable[[Any], None] = getattr(importlib.import_module(module), name)
    return builder
