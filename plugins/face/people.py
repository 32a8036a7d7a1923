"""A zip with a folder for each person -> their faces, one by one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator

import numpy as np
from PIL import Image

from host import UserError, archives
from plugins.face.drawing import jpeg
from plugins.face.gallery import clean_name, folded
from plugins.face.learning import LabelledData, Working
from plugins.face.models import FaceModel
from plugins.face.recogniser import Recogniser, cut_out
from plugins.face.results import PersonPicture

NO_FACE = "No face was found in it."
SMALL_CROP = 64  # side of the grey crops that an encoder is trained on


def read(
    archive: bytes, recogniser: Recogniser, model: FaceModel
) -> Generator[PersonPicture, None, int]:
    """Every picture of the zip, with its main face encoded or a sentence why not.

    The person is the folder's name, or the file's of a picture outside any folder; names that
    differ in case only are one person, as the first is written. Returns how many pictures came.
    Raises UserError when it is no zip of pictures.
    """
    written: dict[str, str] = {}
    number = 0
    for entry in archives.pictures(archive):
        number += 1
        try:
            person = clean_name(entry.folder or entry.name.rpartition(".")[0])
            person = written.setdefault(folded(person), person)
        except UserError as error:
            yield PersonPicture("", entry.name, model.name, problem=str(error))
            continue
        if entry.image is None:
            yield PersonPicture(person, entry.name, model.name, problem=entry.problem)
            continue
        portrait = recogniser.portrait(entry.image)
        if portrait is None:
            yield PersonPicture(person, entry.name, model.name, problem=NO_FACE)
            continue
        (crop,) = recogniser.crops([portrait], model)
        (encoding,) = recogniser.encode([crop], model)
        seen = jpeg(cut_out(portrait.image, portrait.face))
        yield PersonPicture(person, entry.name, model.name, encoding, seen, crop)
    return number


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
