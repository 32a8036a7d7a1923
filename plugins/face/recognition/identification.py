"""Who is this? The nearest known people, and "nobody I know" when none is near enough."""

from __future__ import annotations

import numpy as np

from plugins.face.gallery import Gallery
from plugins.face.results import Described, Identified


def identify(picture: Described, gallery: Gallery, k: int, threshold: float) -> list[Identified]:
    """One answer for each face of the picture, in its order.

    k: how many candidates. threshold: a face whose nearest person is further away than this is
    of nobody known (open-set identification).
    """
    if not picture.faces:
        return []
    encodings = np.stack([face.encoding for face in picture.faces])
    answers = []
    found = gallery.search(encodings, picture.model, k)
    for described, candidates in zip(picture.faces, found, strict=True):
        known = bool(candidates) and candidates[0].distance <= threshold
        name = candidates[0].name if known else None
        answers.append(Identified(described.face, name, tuple(candidates)))
    return answers
