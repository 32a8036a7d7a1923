"""The gallery as its users see it: what goes in is checked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from host import UserError
from plugins.face.gallery import archive
from plugins.face.gallery.names import clean_name
from plugins.face.gallery.opening import open_database
from plugins.face.gallery.people import Batch, Enrolled, Match, Person

_BLOCK = 20_000  # pictures brought into the database at a time


class Gallery:
    """People and the encodings of their faces, at ``url``:

    ``sqlite://`` in memory, gone when closed; ``sqlite:///PATH`` a file that several processes
    may use at once; ``postgresql://USER:PASSWORD@HOST/DATABASE`` with the pgvector extension.
    Threads may share a Gallery. With ``max_pictures`` there are never more pictures than that;
    with ``dimensions`` (model: length of its encodings) no file of other models is loaded.

    An encoding is float32 (D,); D belongs to the model that made it, and a search sees its own
    model's encodings only. Methods raise UserError for what a visitor can cause (also a database
    that does not answer), ValueError for arrays that are no encodings.
    """

    def __init__(
        self,
        url: str = "sqlite://",
        max_pictures: int | None = None,
        dimensions: Mapping[str, int] | None = None,
    ) -> None:
        self._database = open_database(url)
        self._most = max_pictures
        self._dimensions = dimensions

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many people there are."""
        return self._database.size()

    def __bool__(self) -> bool:
        return True  # an empty gallery is still one

    def enrol(
        self, name: str, encodings: np.ndarray, model: str, portraits: Sequence[bytes]
    ) -> Enrolled:
        """Add pictures, ``encodings`` (N, D) and a JPEG each, to the person of that name.

        Upper and lower case are the same name; somebody new comes in as ``name`` is written.
        """
        encodings = _checked(encodings)
        if not len(encodings):
            raise ValueError("There is no encoding to enrol.")
        batch = _batch(model, [clean_name(name)] * len(encodings), encodings, portraits)
        return self._database.enrol(batch, self._most)

    def enrol_all(self, items: Iterable[tuple[str, np.ndarray, bytes]], model: str) -> list[int]:
        """Add many pictures (name, encoding (D,), JPEG), all or none; the person's id for each."""
        return self._database.enrol_all(_batches(model, items), self._most)

    def people(self, limit: int | None = None) -> list[Person]:
        """Everybody, or the first ``limit`` of them, sorted by name."""
        return self._database.people(limit)

    def known_to(self, model: str) -> int:
        """How many people have pictures of this model; a search sees no others."""
        return self._database.known_to(model)

    def find(self, name: str) -> int:
        """The person of that name, whatever its case. UserError if there is none."""
        return self._database.find(clean_name(name))

    def search(self, encodings: np.ndarray, model: str, k: int = 5) -> list[list[Match]]:
        """For every row of ``encodings`` (N, D) the ``k`` nearest people, nearest first.

        A person is as near as the nearest of their pictures. Fewer than ``k`` where there are not
        so many people with pictures of this model. The distances are Euclidean and exact.
        """
        if k < 1:
            raise ValueError(f"k is {k}, not at least 1.")
        return self._database.search(_checked(encodings), model, k)

    def rename(self, person: int, name: str) -> Person:
        """UserError if the person is gone or somebody else has that name."""
        return self._database.rename(person, clean_name(name))

    def delete(self, person: int) -> None:
        """Remove a person and everything of them, also from the disk. UserError if gone."""
        self._database.delete(person)

    def clear(self) -> None:
        """Remove everybody."""
        self._database.clear()

    def export(self) -> bytes:
        """Everything as one zip file, for ``load``."""
        return archive.pack(self._database.pictures())

    def load(self, data: bytes) -> list[Person]:
        """Add what ``export`` wrote, all or nothing; the people that are in the file, by name.

        The same name is the same person. A picture whose person has this very encoding already is
        left out.
        """
        pictures = archive.unpack(data, self._most, self._dimensions)
        try:
            return self._database.merge(pictures, self._most)
        except ValueError as error:  # sound, but of another dimension than the model has here
            raise UserError(f"This gallery file does not fit this gallery: {error}") from error

    def close(self) -> None:
        """Give everything back. A gallery in memory is gone with it."""
        self._database.close()


def _batches(model: str, items: Iterable[tuple[str, np.ndarray, bytes]]) -> Iterator[Batch]:
    rest = iter(items)
    while block := list(islice(rest, _BLOCK)):
        names, encodings, portraits = zip(*block, strict=True)
        yield _batch(
            model, [clean_name(name) for name in names], _checked(np.stack(encodings)), portraits
        )


def _batch(
    model: str, names: Sequence[str], encodings: np.ndarray, portraits: Sequence[bytes]
) -> Batch:
    if len(portraits) != len(encodings):
        raise ValueError(f"{len(encodings)} encodings do not have {len(portraits)} portraits.")
    if not archive.is_model(model):
        raise ValueError(f"{model!r} cannot name a model.")
    return Batch(model, names, encodings, portraits)


def _checked(encodings: np.ndarray) -> np.ndarray:
    """``encodings`` as float32 (N, D). ValueError unless it is that, D at least 1, all finite."""
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(encodings, np.float32)
    if array.ndim != 2 or array.shape[1] < 1:
        raise ValueError(f"Encodings have the shape (N, D), not {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError("An encoding has numbers that are infinite or none.")
    return array
