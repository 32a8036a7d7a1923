"""The hooks a plugin can implement. pluggy project name and entry-point group: ``triptych``.

All run in the web process (or the command line), never in a worker: import nothing heavy, neither
in them nor at the top of their module. An implementation may leave out arguments that it does not
need. One that raises costs its own plugin only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy

from host.plugin import Command, Plugin, SettingsSection
from host.weights import WeightFile

PROJECT = "triptych"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_plugins(register: Callable[[Plugin], None]) -> None:
    """Call ``register(Plugin(...))`` once for each plugin your module brings."""


@hookspec
def register_settings(register: Callable[[SettingsSection], None]) -> None:
    """Call ``register(SettingsSection(plugin, Model))`` to have a plugin's ``options`` checked.

    What is wrong becomes the plugin's error tab, which names the nearest option; what is left out
    gets the model's default.
    """


@hookspec
def register_commands(register: Callable[[Command], None]) -> None:
    """Call ``register(Command(...))`` for each command: ``triptych PLUGIN NAME ...``."""


@hookspec
def register_weights(register: Callable[[WeightFile], None]) -> None:
    """Call ``register(weight_file)`` for each published file: ``triptych weights`` fetches it."""


@hookspec
def register_css(register: Callable[[Path], None]) -> None:
    """Call ``register(path)`` with a style sheet for the page. Its rules are for the whole page:
    let each begin with a class or id of your own."""


@hookspec
def health_lines(plugin: str, backend: Any) -> dict[str, str]:
    """Lines for the plugin's row in the Plugins tab, besides those of its backend's ``health()``.

    Asked every few seconds while somebody looks: be quick. plugin: its name. backend: the proxy
    that the tab gets.
    """
    return {}


@hookspec
def startup(plugin: str, backend: Any) -> None:
    """Once, before the page is served. What it raises becomes the plugin's error tab."""


@hookspec
def shutdown(plugin: str, backend: Any) -> None:
    """Once, at an orderly end, while the workers still run. Has five seconds."""
