"""Neural style transfer: a photo painted in the manner of a painting."""

from __future__ import annotations

from collections.abc import Callable

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="style",
            title="Style",
            framework="tensorflow",
            tab="plugins.style.tab:build",
            backend="plugins.style.backend:StyleBackend",
            description="Paint a photo in the manner of a painting (Gatys, Ecker, Bethge 2016).",
        )
    )
