"""Whose gallery an event works on: the visitor's own, or the one that the operator shares."""

from __future__ import annotations

import threading
from typing import Any

from plugins.face.gallery import Gallery
from plugins.face.models import MODELS

DIMENSIONS = {model.name: model.dimension for model in MODELS}
MOST_PICTURES = 1000
"""A visitor's own gallery lies in memory, so it is bounded."""


class VisitorGallery:
    """What each visitor's ``gr.State`` holds: a gallery, opened when first needed.

    shared: URL of the gallery that all visitors use; None for one in memory for each visitor.
    Gradio copies a State's first value for every visitor, which here means a fresh gallery.
    """

    def __init__(self, shared: str | None = None) -> None:
        self.shared = shared
        self._gallery: Gallery | None = None
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: Any) -> VisitorGallery:
        return self if self.shared else VisitorGallery()

    def open(self) -> Gallery:
        """Raises UserError when the shared gallery cannot be reached."""
        with self._lock:
            if self._gallery is None:
                most = None if self.shared else MOST_PICTURES
                self._gallery = Gallery(self.shared or "sqlite://", most, DIMENSIONS)
            return self._gallery

    def close(self) -> None:
        """The visitor has left; a shared gallery stays open for the others."""
        with self._lock:
            if self._gallery is not None and not self.shared:
                self._gallery.close()
                self._gallery = None
