"""A zip with a folder for each person -> their faces, one by one."""

from __future__ import annotations

from collections.abc import Generator

from host import UserError, archives
from plugins.face.drawing import jpeg
from plugins.face.gallery import clean_name, folded
from plugins.face.models import FaceModel
from plugins.face.recogniser import Recogniser, cut_out
from plugins.face.results import PersonPicture

NO_FACE = "No face was found in it."


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
