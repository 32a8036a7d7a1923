"""The people of a visitor's zip as data to learn from."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator

import numpy as np
from PIL import Image

from host import UserError
from plugins.face.learning.data import LabelledData
from plugins.face.learning.results import Working
from plugins.face.results import PersonPicture

SMALL_CROP = 64  # side of the grey crops that an encoder is trained on


def labelled(
    pictures: Iterator[PersonPicture], kind: str, model: str
) -> Generator[Working, None, LabelledData]:
    """Data to learn from: encodings for a head, small grey crops for an encoder.

    Yields how far it is. Raises UserError when no face was found at all, or for another kind.
    """
    if kind not in ("head", "encoder"):
        raise UserError(f"There is no {kind!r} to train: choose a head or an encoder.")
    inputs: list[np.ndarray] = []
    people: list[str] = []
    told, skipped = 0.0, 0
    for number, picture in enumerate(pictures, 1):
        if picture.encoding is None or picture.crop is None:
            skipped += 1
        elif kind == "head":
            inputs.append(picture.encoding)
            people.append(picture.person)
        else:
            grey = Image.fromarray(picture.crop).convert("L").resize((SMALL_CROP, SMALL_CROP))
            inputs.append(np.asarray(grey, np.float32)[..., None] / 255)
            people.append(picture.person)
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            without = f", {skipped} without a usable face" if skipped else ""
            yield Working(f"Reading the zip: {number} pictures{without} ...")
    if not inputs:
        raise UserError("No face was found in any picture of this zip.")
    names = tuple(Counter(people))  # in the order of their first picture
    place = {name: number for number, name in enumerate(names)}
    labels = np.array([place[person] for person in people])
    stacked = np.stack(inputs).astype(np.float32)
    if kind == "head":
        return LabelledData(stacked, labels, names, "encodings", model)
    return LabelledData(stacked, labels, names, "crops")
