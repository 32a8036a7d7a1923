"""Two pictures in, an answer out; and which part of the first face decided."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from plugins.face.drawing import mark_faces
from plugins.face.learning import Head
from plugins.face.models import FaceModel, with_head
from plugins.face.recogniser import Recogniser
from plugins.face.results import VerifyResult
from plugins.face.verification.occlusion import Encodes, UnderHead, occlusion_steps, overlay

WHICH = ("first", "second")


def verify(
    recogniser: Recogniser,
    pair: tuple[np.ndarray, np.ndarray],
    limit: float,
    model: FaceModel,
    head: Head | None,
) -> VerifyResult:
    """Does the pair show one person, at a distance up to ``limit``?

    head: a trained one of ``model``, to put on its encodings. Raises UserError when a picture
    shows no face.
    """
    portraits = recogniser.portraits(pair, WHICH)
    crops = recogniser.crops(portraits, model)
    encodings = recogniser.encode(crops, model)
    info = model
    if head is not None:
        encodings, info = head.encode(encodings), with_head(model, head)
    distance = float(np.linalg.norm(encodings[0] - encodings[1]))
    first, second = (mark_faces(each.image, each.faces, each.chosen) for each in portraits)
    return VerifyResult(
        distance=distance,
        threshold=limit,
        same=distance <= limit,
        probability=info.probability(distance),
        model=model.name,
        first=first,
        second=second,
        first_crop=crops[0],
        second_crop=crops[1],
        first_encoding=encodings[0],
        second_encoding=encodings[1],
        notes=tuple(
            note
            for name, portrait in zip(WHICH, portraits, strict=True)
            for note in portrait.notes(name)
        ),
    )


def explain(
    recogniser: Recogniser,
    pair: tuple[np.ndarray, np.ndarray],
    model: FaceModel,
    head: Head | None,
) -> Iterator[np.ndarray]:
    """The first face's aligned crop, uint8 RGB, coloured more and more finely.

    Raises UserError as :func:`verify` does, and for a head of another model.
    """
    crops = recogniser.crops(recogniser.portraits(pair, WHICH), model)
    encoder: Encodes = recogniser.encoder(model)
    if head is not None:
        with_head(model, head)  # raises UserError for another model's
        encoder = UnderHead(encoder, head)
    one, two = encoder.encode(np.stack(crops))
    for heat in occlusion_steps(encoder, crops[0], two, float(np.linalg.norm(one - two))):
        yield overlay(crops[0], heat)
