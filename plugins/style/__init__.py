"""Neural style transfer: a photo painted in the manner of a painting."""

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):  # type: ignore[no-untyped-def]
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
