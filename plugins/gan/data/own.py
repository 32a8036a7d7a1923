"""A visitor's own pictures, single files and zips, as training pictures."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from host import UserError, archives, checks, images
from plugins.gan.data.sources import MAX_VALUES
from plugins.gan.evaluation.steps import finish
from plugins.gan.pictures import square

MIN_PICTURES, MAX_PICTURES = 16, 5_000
MIN_CLASSES, MAX_CLASSES = 2, 20
MIN_SIZE, MAX_SIZE = 8, 128
_NAMED = 5  # files left out whose names are told
_LONGEST = 40  # characters of a file's or folder's name that are shown
_TELL_EVERY = 0.5  # seconds


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """What was made of a visitor's files.

    pictures: float32 (N, C, size, size) in [-1, 1], 16 <= N <= 5,000.
    labels: int64 (N,), or None without classes. names: of the classes, sorted; () without.
    left_out: the first 5 files that could not be used, each with the sentence why.
    refused: how many those were in all. copies: exact copies of other pictures, left out too, as
        one in the training half and one in the held-out half would spoil every measurement.
    small: pictures that had to be enlarged. folders: how many folders they lay in.
    cut: the number of pictures at which reading ended though there were more, else 0.
    """

    pictures: Tensor
    labels: Tensor | None
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    refused: int
    copies: int
    small: int
    folders: int
    cut: int

    def notice(self) -> str:
        """All that in sentences for the page: plain text with names that the visitor chose."""
        size = self.pictures.shape[-1]
        says = [f"{len(self.pictures):,} pictures are used"]
        if self.labels is not None:
            counts = torch.bincount(self.labels, minlength=len(self.names)).tolist()
            each = ", ".join(f"{name} ({n:,})" for name, n in zip(self.names, counts, strict=True))
            says[0] += f", in {len(self.names)} classes: {each}."
        else:
            says[0] += ", without classes."
            if self.folders > MAX_CLASSES:
                says.append(f"{self.folders} folders are too many: at most {MAX_CLASSES} classes.")
            elif self.folders >= MIN_CLASSES:
                says.append("Folders make classes only where every picture lies in one.")
        if self.cut:
            says.append(f"Those after the first {self.cut:,} are left out.")
        if self.small:
            says.append(f"{_count(self.small)} enlarged to {size} x {size}, and blurred by that.")
        return " ".join([*says, *_losses(self.copies, self.refused, self.left_out)])


def own_pictures(files: Sequence[bytes], size: int, channels: int) -> OwnPictures:
    """Training pictures from the content of single pictures and of zips, in any mixture.

    Each is cut to its central square and scaled with antialiasing. size: 8 to 128.
    channels: 1 for grey, 3 for colour. Folders become classes when every picture lies in one, and
    there are 2 to 20 of them; folders of the same name in two zips are one. At most 5,000 pictures
    are read, and of large ones no more than fit into 400 MB.

    Raises UserError, and nothing else, when fewer than 16 different pictures can be used.
    """
    return finish(own_pictures_steps(files, size, channels))


def own_pictures_steps(
    files: Sequence[bytes], size: int, channels: int
) -> Generator[str, None, OwnPictures]:
    """:func:`own_pictures`, every half second yielding a sentence on how far it is."""
    size = checks.whole("The size of the pictures", size, MIN_SIZE, MAX_SIZE)
    if channels not in (1, 3):
        raise UserError("Pictures have 1 channel (grey) or 3 (colour).")
    if not files:
        raise UserError("Please give pictures, or a zip of pictures.")
    channels = int(channels)
    return _read(files, size, channels, min(MAX_PICTURES, MAX_VALUES // (channels * size**2)))


def _read(
    files: Sequence[bytes], size: int, channels: int, most: int
) -> Generator[str, None, OwnPictures]:
    tiles: list[np.ndarray] = []
    folders: list[str] = []
    seen: set[bytes] = set()
    left_out: list[str] = []
    refused = copies = small = cut = 0
    told = time.monotonic()
    with closing(_entries(files)) as entries:
        for entry in entries:
            if entry.image is None:
                refused += 1
                if len(left_out) < _NAMED:
                    name = f"{_short(entry.name)}: " if entry.name else ""
                    left_out.append(name + entry.problem)
            elif (key := _key(entry.image)) in seen:
                copies += 1
            elif len(tiles) == most:
                cut = most
                break
            else:
                seen.add(key)
                tiles.append(square(entry.image, size, channels))
                folders.append(entry.folder)
                small += min(entry.image.shape[:2]) < size
            if time.monotonic() - told >= _TELL_EVERY:
                told = time.monotonic()
                yield f"Reading your pictures: {len(tiles):,} so far ..."
    if len(tiles) < MIN_PICTURES:
        raise UserError(_too_few(len(tiles), copies, refused, left_out))
    names = _classes(folders)
    places = {name: place for place, name in enumerate(names)}
    return OwnPictures(
        pictures=torch.from_numpy(np.stack(tiles)).float().div_(127.5).sub_(1),
        labels=torch.tensor([places[folder] for folder in folders]) if names else None,
        names=tuple(_short(name) for name in names),
        left_out=tuple(left_out),
        refused=refused,
        copies=copies,
        small=small,
        folders=len(set(folders) - {""}),
        cut=cut,
    )


def _entries(files: Sequence[bytes]) -> Generator[archives.Entry, None, None]:
    """Every picture of every file, opened when its turn comes, or why it cannot be.

    A picture's name tells which file it is from where there are several.
    """
    for number, data in enumerate(files, 1):
        file = f"file {number}" if len(files) > 1 else ""
        try:
            if data.startswith(b"PK"):
                yield from _named(archives.pictures(data), file)
            else:
                yield archives.Entry("", file, images.load(data))
        except UserError as error:
            yield archives.Entry("", file, None, str(error))


def _named(entries: Iterator[archives.Entry], file: str) -> Iterator[archives.Entry]:
    for entry in entries:
        path = "/".join(part for part in (file, entry.folder, entry.name) if part)
        yield archives.Entry(entry.folder, path, entry.image, entry.problem)


def _key(image: np.ndarray) -> bytes:
    """The same for pictures with the same pixels, however they were packed."""
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(image).data)
    return digest.digest()


def _classes(folders: Sequence[str]) -> list[str]:
    """The classes, sorted; none where the folders make none."""
    names = sorted(set(folders))
    return names if MIN_CLASSES <= len(names) <= MAX_CLASSES and "" not in names else []


def _too_few(taken: int, copies: int, refused: int, left_out: Sequence[str]) -> str:
    if not taken and refused == 1:
        return left_out[0]
    found = f"At least {MIN_PICTURES} different pictures are needed, and there"
    found += f" {'is' if taken == 1 else 'are'} only {taken}." if taken else " is none."
    return " ".join([found, *_losses(copies, refused, left_out)])


def _losses(copies: int, refused: int, left_out: Sequence[str]) -> list[str]:
    says = []
    if copies:
        says.append(f"{_count(copies)} left out as exact copies of others.")
    if refused:
        more = f"; and {refused - len(left_out):,} more" if refused > len(left_out) else ""
        # each ends with its full stop, which would be odd before a semicolon
        reasons = "; ".join(text.rstrip(".") for text in left_out)
        says.append(f"{_count(refused)} left out because of problems: {reasons}{more}.")
    return says


def _count(number: int) -> str:
    return f"{number:,} {'was' if number == 1 else 'were'}"


def _short(name: str) -> str:
    """A name short enough for a sentence; of a path, the end says more."""
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"
