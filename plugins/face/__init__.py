"""Faces: are these two pictures of the same person?"""

from __future__ import annotations

from collections.abc import Callable

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="face",
            title="Faces",
            framework="tensorflow",
            tab="plugins.face.tab:build",
            backend="plugins.face.backend:FaceBackend",
            description="Finds faces and tells whether two pictures show the same person.",
        )
    )
