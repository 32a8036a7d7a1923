"""What every database of a gallery does: whole transactions of the statements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby

import numpy as np
from sqlalchemy import Connection

from host import UserError
from plugins.face.gallery import statements
from plugins.face.gallery.names import folded
from plugins.face.gallery.people import Batch, Enrolled, Match, Person, Picture
from plugins.face.gallery.statements import Model


class Database(ABC):
    """Subclasses say how to connect, how to search and what they keep besides the tables."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction in which everything is as it was at its first statement."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction while which no other one writes."""

    @abstractmethod
    def search(self, encodings: np.ndarray, model: str, k: int) -> list[list[Match]]:
        """The ``k`` nearest people of every row; ValueError for another dimension."""

    @abstractmethod
    def close(self) -> None: ...

    def appended(self, connection: Connection, model: Model, encodings: np.ndarray) -> None:  # noqa: B027
        """Called when ``encodings`` have become the last of ``model``, before the commit."""

    def removed(self, connection: Connection, model: Model) -> None:  # noqa: B027
        """Called when ``model`` has lost encodings and has some left, before the commit."""

    def erase(self) -> None:  # noqa: B027
        """Called after the commit of a removal: nothing of it shall stay on the disk."""

    def size(self) -> int:
        with self.reading() as connection:
            return statements.size(connection)

    def people(self, limit: int | None = None) -> list[Person]:
        with self.reading() as connection:
            ids = None if limit is None else statements.first_ids(connection, limit)
            return statements.people(connection, ids)

    def known_to(self, model: str) -> int:
        with self.reading() as connection:
            return statements.known_to(connection, model)

    def find(self, name: str) -> int:
        with self.reading() as connection:
            found = statements.ids_of(connection, [name])
        if not found:
            raise UserError(f"{name} is no longer in the gallery.")
        return next(iter(found.values()))

    def pictures(self) -> Iterator[Picture]:
        """Every picture of everybody, in one transaction that lasts until the last one."""
        with self.reading() as connection:
            yield from statements.pictures(connection)

    def enrol(self, batch: Batch, most: int | None) -> Enrolled:
        """Add a batch of one person."""
        with self.writing() as connection:
            new = not statements.ids_of(connection, batch.names[:1])
            ids = self._add(connection, batch, most)
            (person,) = statements.people(connection, ids[:1])
            return Enrolled(person, new)

    def enrol_all(self, batches: Iterable[Batch], most: int | None) -> list[int]:
        """Add all or none; the person's id for each picture."""
        with self.writing() as connection:
            return [one for batch in batches for one in self._add(connection, batch, most)]

    def merge(self, pictures: Sequence[Picture], most: int | None) -> list[Person]:
        """Add the pictures that are not there yet, all or none; the people they are of."""
        names = [picture.name for picture in pictures]
        with self.writing() as connection:
            known = {_identity(one) for one in statements.pictures(connection, names)}
            new = {_identity(one): one for one in pictures if _identity(one) not in known}
            by_model = sorted(new.values(), key=lambda picture: picture.model)
            for model, group in groupby(by_model, key=lambda picture: picture.model):
                of_model = list(group)
                batch = Batch(
                    model,
                    [one.name for one in of_model],
                    np.stack([one.encoding for one in of_model]),
                    [one.portrait for one in of_model],
                )
                self._add(connection, batch, most)
            ids = list(statements.ids_of(connection, names).values())
            return statements.people(connection, ids)

    def rename(self, person: int, name: str) -> Person:
        with self.writing() as connection:
            statements.rename(connection, person, name)
            (renamed,) = statements.people(connection, [person])
        self.erase()
        return renamed

    def delete(self, person: int) -> None:
        with self.writing() as connection:
            for model in statements.remove(connection, person):
                self.removed(connection, model)
        self.erase()

    def clear(self) -> None:
        with self.writing() as connection:
            statements.remove_all(connection)
        self.erase()

    def _add(self, connection: Connection, batch: Batch, most: int | None) -> list[int]:
        """The person's id for each picture. UserError if there would be over ``most`` in all."""
        count = len(batch.encodings)
        there = statements.pictures_in_all(connection)
        if most is not None and there + count > most:
            raise UserError(
                f"This gallery holds at most {most:,} pictures; "
                f"it has {there:,} and there is no room for {count:,} more."
            )
        model = statements.model_of(connection, batch.model)
        if model is None:
            model = statements.add_model(connection, batch.model, batch.encodings.shape[1])
        check_dimension(batch.encodings, model)
        people = statements.add_people(connection, batch.names)
        ids = [people[folded(name)] for name in batch.names]
        model = statements.add_pictures(connection, model, ids, batch.encodings, batch.portraits)
        self.appended(connection, model, batch.encodings)
        return ids


def check_dimension(encodings: np.ndarray, model: Model) -> None:
    """ValueError if ``encodings`` (N, D) are not as long as the model's."""
    if encodings.shape[1] != model.dimension:
        raise ValueError(
            f"Encodings of {model.name} have {model.dimension} numbers, not {encodings.shape[1]}."
        )


def _identity(picture: Picture) -> tuple[str, str, bytes]:
    return folded(picture.name), picture.model, picture.encoding.tobytes()
