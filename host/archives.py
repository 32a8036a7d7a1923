"""The pictures in a visitor's zip, read in memory: nothing is ever unpacked to disk."""

from __future__ import annotations

import contextlib
import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from host import images
from host.plugin import UserError

_ORDINARY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RATIO_FROM = 1_000_000  # bytes; small even pictures shrink without limit and do no harm
_CHUNK = 1 << 16
_HEADER = b"PK\x01\x02"  # APPNOTE 4.3.12: every entry of the directory begins so
_ENCRYPTED, _UTF8 = 0x1, 0x800  # APPNOTE 4.4.4

_DAMAGED = "This zip is damaged or incomplete and cannot be read."


@dataclass(frozen=True)
class Limits:
    """What a zip may weigh.

    max_bytes: of the zip itself. max_total: of its pictures, unpacked, in bytes.
    files: entries, folders and everything else included.
    ratio: how many times as big as its packed form a picture's file over 1 MB may be.
    """

    max_bytes: int = 200_000_000
    max_total: int = 500_000_000
    files: int = 5_000
    ratio: int = 200


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Entry:
    """One picture of a zip.

    folder: the name of the folder it lies in, "" at the top. name: of the file.
    image: RGB uint8 (H, W, 3), or None where it cannot be opened.
    problem: "", or the sentence why it cannot be opened.
    """

    folder: str
    name: str
    image: np.ndarray | None
    problem: str = ""


def pictures(
    data: bytes,
    limits: Limits = DEFAULT_LIMITS,
    image_limits: images.Limits = images.DEFAULT_LIMITS,
) -> Iterator[Entry]:
    """The pictures in the zip ``data``, in its order, each opened when its turn comes.

    What bears no picture's extension is left out, and so are hidden files, links, what macOS and
    Windows add, and a second file of the same path. A picture that cannot be opened is an entry
    that says why.

    Raises UserError, and nothing else, for what is no zip or is damaged, encrypted, over
    ``limits``, made to escape its folder, or without any picture. Damage within a picture's
    packed bytes shows only at its turn.
    """
    members = _members(data, limits)
    total = 0
    with members.archive as archive:
        for folder, name, info in members.found:
            if info.file_size > image_limits.max_bytes:
                yield Entry(folder, name, None, images.too_many_bytes(image_limits))
                continue
            content = _read(archive, info, limits.max_total - total)
            total += len(content)
            try:
                entry = Entry(folder, name, images.load(content, image_limits))
            except UserError as error:
                entry = Entry(folder, name, None, str(error))
            yield entry


@dataclass(frozen=True)
class _Members:
    archive: zipfile.ZipFile
    found: list[tuple[str, str, zipfile.ZipInfo]]  # folder, name


def _members(data: bytes, limits: Limits) -> _Members:
    """The zip opened, and its pictures; all that its directory tells has been checked."""
    if not data:
        raise UserError("This file is empty.")
    if len(data) > limits.max_bytes:
        raise UserError(f"This zip is over the limit of {limits.max_bytes / 1e6:g} MB.")
    if data.count(_HEADER) > limits.files:  # before the directory is read, which takes memory
        raise UserError(f"This zip has over {limits.files} entries: split it.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # hostile bytes meet nearly every exception there is
        if data.startswith(b"PK"):
            raise UserError(_DAMAGED) from error
        raise UserError("This file is not a zip.") from error
    found, seen = [], set()
    for info in archive.infolist():
        parts = _path(info)
        if info.flag_bits & _ENCRYPTED:
            raise UserError("This zip is encrypted: make one without a password.")
        if info.is_dir() or not _is_picture(parts, info) or tuple(parts) in seen:
            continue
        if info.compress_type not in _ORDINARY:
            raise UserError("This zip is packed in an unusual way: make it anew, with Deflate.")
        if info.file_size > max(_RATIO_FROM, limits.ratio * info.compress_size):
            raise UserError("This zip holds a file that unpacks to far more than a picture does.")
        seen.add(tuple(parts))
        found.append((parts[-2] if len(parts) > 1 else "", parts[-1], info))
    if not found:
        raise UserError("There is no picture in this zip.")
    return _Members(archive, found)


def _path(info: zipfile.ZipInfo) -> list[str]:
    """The folders and the name of an entry. Raises UserError for one that points elsewhere."""
    name = info.filename
    if not info.flag_bits & _UTF8:  # zipfile takes it for cp437, but macOS writes UTF-8 unflagged
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name.replace("\\", "/")  # some Windows programs separate folders so
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or (parts and parts[0][1:2] == ":"):
        raise UserError("This zip has file names that point outside of it.")
    return ["".join(c if c.isprintable() else "_" for c in part) for part in parts]


def _is_picture(parts: list[str], info: zipfile.ZipInfo) -> bool:
    """By its name, as ``Thumbs.db`` and what macOS puts beside each file are not."""
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the zip was not made on Unix
    if not parts or kind not in (0, stat.S_IFREG):
        return False
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return False
    return PurePosixPath(parts[-1]).suffix.lower()[1:] in images.EXTENSIONS


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    """An entry's bytes, at most ``left`` of them, whatever the directory promised."""
    out = bytearray()
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                out += chunk
                if len(out) > left:
                    raise UserError("The pictures in this zip are too many or too big: split it.")
    except UserError:
        raise
    except Exception as error:
        raise UserError(_DAMAGED) from error
    return bytes(out)
