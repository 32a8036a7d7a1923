"""Whose gallery an event works on: the visitor's own, or the one that the operator shares."""

from __future__ import annotations

import functools
import threading
from typing import Any

from host import UserError
from plugins.face.gallery import Enrolled, Gallery
from plugins.face.models import MODELS

DIMENSIONS = {model.name: model.dimension for model in MODELS}
MOST_PICTURES = 1000
"""A visitor's own gallery lies in memory, so it is bounded."""


@functools.cache
def shared_gallery(url: str) -> VisitorGallery:
    """The one gallery at that address that everybody in this process uses."""
    return VisitorGallery(url)


class VisitorGallery:
    """What each visitor's ``gr.State`` holds: a gallery, opened when first needed.

    shared: URL of the gallery that all visitors use; None for one in memory for each visitor.
    Gradio copies a State's first value for every visitor, which here means a fresh gallery, or
    another view of the shared one that knows whom this visitor has enrolled.
    """

    def __init__(self, shared: str | None = None, original: VisitorGallery | None = None) -> None:
        self.shared = shared
        self._original = original
        self._gallery: Gallery | None = None
        self._lock = threading.Lock()
        self._has_left = False
        self._own: set[int] = set()  # people whom this visitor enrolled; no id is given twice

    def __deepcopy__(self, memo: Any) -> VisitorGallery:
        return VisitorGallery(self.shared, (self._original or self) if self.shared else None)

    def open(self) -> Gallery:
        """Raises UserError when the shared gallery cannot be reached, or the visitor has left."""
        if self._original is not None:
            return self._original.open()
        with self._lock:
            if self._has_left:
                raise UserError("You had left this page: what it knew is forgotten.")
            if self._gallery is None:
                most = None if self.shared else MOST_PICTURES
                self._gallery = Gallery(self.shared or "sqlite://", most, DIMENSIONS)
            return self._gallery

    def added(self, enrolled: Enrolled) -> None:
        """This visitor has enrolled somebody."""
        if enrolled.new:
            self._own.add(enrolled.person.id)

    def may_change(self, person: int) -> bool:
        """Whether this visitor may rename and delete that person without being the operator."""
        return not self.shared or person in self._own

    def leave(self) -> None:
        """The visitor has left, for good; a shared gallery stays open for the others."""
        if not self.shared:
            self._has_left = True
            self.close()

    def close(self) -> None:
        """Give everything back; it is opened anew when it is needed again."""
        with self._lock:
            if self._gallery is not None:
                self._gallery.close()
                self._gallery = None

    def people(self) -> str:
        """How many there are, in words, for the operator."""
        gallery = self._gallery  # without the lock, which opening holds as long as it takes
        return "not open" if gallery is None else f"{len(gallery)} people, shared"
