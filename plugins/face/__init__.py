"""Faces: the same person? Who is it? How is that learned, and how good is it?"""

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
            description="Verifies and recognises faces, and shows how that is learned.",
        )
    )
