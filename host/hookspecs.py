"""The hooks a plugin can implement. pluggy project name and entry-point group: ``triptych``."""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from host.plugin import Plugin

PROJECT = "triptych"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_plugins(register: Callable[[Plugin], None]) -> None:
    """Call ``register(Plugin(...))`` once for each plugin your module brings.

    Runs in the web process at start-up: import nothing heavy, neither here nor at the top of
    the module.
    """
