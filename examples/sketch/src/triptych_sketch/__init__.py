"""A photo becomes a drawing, stroke by stroke."""

from __future__ import annotations

from collections.abc import Callable

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="sketch",
            title="Sketch",
            tab="triptych_sketch.tab:build",
            backend="triptych_sketch.backend:SketchBackend",
            description="Draws a photo in pencil, charcoal, ink or coloured pencils.",
        )
    )
