"""A gallery as one zip file: into it, and carefully out of it.

    gallery.json            {"format", "version", "pictures": [{"name", "model", "file"}, ...]}
    encodings/<model>.npy   float32 (N, D), a row per picture of the model, in the order above
    faces/0001.jpg          the portraits

A model's name in a file name is percent-encoded. Nothing is ever unpacked to the disk.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import numpy as np

from host import UserError, images
from plugins.face.gallery.names import clean_name
from plugins.face.gallery.people import Picture

MOST_PICTURES = 100_000
MOST_BYTES = 1_000_000_000  # of everything, unpacked
LONGEST_MODEL = 200

_FORMAT, _VERSION = "triptych-gallery", 1
_INDEX = "gallery.json"
_JSON_PER_PICTURE = 1_000  # bytes: a name of 100 characters, a model's of 200
LONGEST_ENCODING = 4096
_PORTRAIT = images.Limits(max_bytes=1_000_000, max_pixels=2_000_000)
_FACE = re.compile(r"faces/\d{1,9}\.jpg")
_DAMAGED = "This gallery file is damaged: "
# What zipfile raises for damaged, encrypted and exotic files.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


def pack(pictures: Iterable[Picture]) -> bytes:
    """The file of ``pictures``. UserError for more of them than ``unpack`` takes."""
    out = io.BytesIO()
    listed: list[dict[str, str]] = []
    rows: dict[str, list[np.ndarray]] = {}
    size = 0
    with zipfile.ZipFile(out, "w") as archive:
        for picture in pictures:
            file = f"faces/{len(listed) + 1:04}.jpg"
            listed.append({"name": picture.name, "model": picture.model, "file": file})
            rows.setdefault(picture.model, []).append(picture.encoding)
            size += picture.encoding.nbytes + len(picture.portrait)
            if len(listed) > MOST_PICTURES or size > MOST_BYTES * 0.9:
                raise UserError(
                    "This gallery is too large for one file; keep a copy of its database instead."
                )
            archive.writestr(zipfile.ZipInfo(file), picture.portrait)
        for model, encodings in rows.items():
            array = io.BytesIO()
            np.save(array, np.stack(encodings).astype("<f4"), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(_array(model)), array.getvalue())
        index = {"format": _FORMAT, "version": _VERSION, "pictures": listed}
        text = json.dumps(index, ensure_ascii=False, indent=1).encode()
        archive.writestr(zipfile.ZipInfo(_INDEX), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def is_export(data: bytes) -> bool:
    """Whether ``data`` looks like a file of ``pack``: a zip with a gallery.json in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _INDEX in archive.namelist()
    except _ZIP_ERRORS:
        return False


def unpack(
    data: bytes, most: int | None = None, dimensions: Mapping[str, int] | None = None
) -> list[Picture]:
    """The pictures in a file of ``pack``.

    dimensions: the models there are and the length of their encodings; None admits any.
    UserError for a foreign, damaged or too large one, and for over ``most`` pictures. What is
    read into memory is bounded by ``most``, whatever the file says of itself.
    """
    most = most or MOST_PICTURES
    if len(data) > MOST_BYTES:
        raise UserError(f"This file is over the limit of {MOST_BYTES / 1e6:g} MB.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _ZIP_ERRORS as error:
        raise UserError("This file is not a zip file, or it is damaged.") from error
    with archive:
        if _INDEX not in archive.namelist():
            raise UserError("This zip file is not a gallery: there is no gallery.json in it.")
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
            raise UserError(f"This file is over {MOST_BYTES / 1e6:g} MB when unpacked.")
        index = _read(archive, _INDEX, 1_000 + most * _JSON_PER_PICTURE)
        listed = _listed(index, most)
        rows = {
            model: iter(_encodings(archive, model, count, _dimension(model, dimensions)))
            for model, count in Counter(model for _, model, _ in listed).items()
        }
        return [
            Picture(name, model, next(rows[model]), _portrait(archive, file))
            for name, model, file in listed
        ]


def _array(model: str) -> str:
    return f"encodings/{quote(model, safe='')}.npy"


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as stream:
            data = stream.read(most + 1)  # the size an entry states need not be true
    except _ZIP_ERRORS as error:
        raise UserError(f"{_DAMAGED}{name} is missing or cannot be read.") from error
    if len(data) > most:
        raise UserError(f"{_DAMAGED}{name} is over {most / 1e6:g} MB.")
    return data


def _listed(text: bytes, most: int) -> list[tuple[str, str, str]]:
    """Name, model and file of every picture."""
    try:
        index: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{_DAMAGED}gallery.json cannot be read.") from error
    if not isinstance(index, dict) or index.get("format") != _FORMAT:
        raise UserError("This zip file is not a gallery: its gallery.json says nothing of one.")
    if index.get("version") != _VERSION:
        raise UserError("This gallery file was made by another version of this program.")
    pictures = index.get("pictures")
    if not isinstance(pictures, list):
        raise UserError(f"{_DAMAGED}gallery.json lists no pictures.")
    if len(pictures) > most:
        raise UserError(f"This gallery file has over {most:,} pictures, more than fit here.")
    listed = [_entry(one) for one in pictures]
    if len({file for _, _, file in listed}) < len(listed):
        raise UserError(f"{_DAMAGED}two pictures share a file.")
    return listed


def _entry(one: Any) -> tuple[str, str, str]:
    if not isinstance(one, dict):
        raise UserError(f"{_DAMAGED}gallery.json has a picture without name, model or file.")
    name, model, file = (one.get(key) for key in ("name", "model", "file"))
    if not (isinstance(name, str) and isinstance(model, str) and isinstance(file, str)):
        raise UserError(f"{_DAMAGED}gallery.json has a picture without name, model or file.")
    if not is_model(model) or not _FACE.fullmatch(file):
        raise UserError(f"{_DAMAGED}gallery.json has a picture with an impossible model or file.")
    try:
        return clean_name(name), model, file
    except UserError as error:
        raise UserError(f"{_DAMAGED}gallery.json has a name that is none.") from error


def is_model(name: str) -> bool:
    """Whether ``name`` can name a model: 1 to 200 printable characters."""
    return 0 < len(name) <= LONGEST_MODEL and name.isprintable()


def _dimension(model: str, dimensions: Mapping[str, int] | None) -> int | None:
    if dimensions is None:
        return None
    if model not in dimensions:
        raise UserError(f"This gallery file has encodings of {model!r}, a model that is not here.")
    return dimensions[model]


def _encodings(
    archive: zipfile.ZipFile, model: str, count: int, dimension: int | None
) -> np.ndarray:
    """``count`` rows. The header is checked against the data before anything is allocated."""
    longest = dimension or LONGEST_ENCODING
    data = _read(archive, _array(model), 1_000 + 4 * count * longest)
    stream = io.BytesIO(data)
    try:
        major, _ = np.lib.format.read_magic(stream)
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        shape, fortran, dtype = read[major](stream)
    except (ValueError, KeyError, EOFError) as error:
        raise UserError(f"{_DAMAGED}its encodings cannot be read.") from error
    body = data[stream.tell() :]
    fits = len(shape) == 2 and shape[0] == count and 1 <= shape[1] <= longest
    if dtype != np.dtype("<f4") or fortran or not fits or shape[1] != (dimension or shape[1]):
        raise UserError(f"{_DAMAGED}its encodings do not belong to its pictures.")
    if len(body) != shape[0] * shape[1] * dtype.itemsize:
        raise UserError(f"{_DAMAGED}its encodings are incomplete.")
    encodings = np.frombuffer(body, dtype).reshape(shape)
    if not np.isfinite(encodings).all():
        raise UserError(f"{_DAMAGED}its encodings are not all numbers.")
    return encodings


def _portrait(archive: zipfile.ZipFile, file: str) -> bytes:
    jpeg = _read(archive, file, _PORTRAIT.max_bytes)
    try:
        if not jpeg.startswith(b"\xff\xd8\xff"):
            raise UserError("This is not a JPEG.")
        images.load(jpeg, _PORTRAIT)
    except UserError as error:
        raise UserError(f"{_DAMAGED}{file} is not a picture.") from error
    return jpeg
