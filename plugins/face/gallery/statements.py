"""What is asked of the tables. Every function works inside the transaction it is given."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select, update

from host import UserError
from plugins.face.gallery import tables
from plugins.face.gallery.names import folded
from plugins.face.gallery.people import Person, Picture
from plugins.face.gallery.tables import metadata, model, person, picture, portrait, sequence

_MANY = 5_000  # values in one IN (...); SQLite takes 32,766


@dataclass(frozen=True)
class Model:
    """A row of the table of models."""

    id: int
    name: str
    dimension: int
    rows: int
    token: str


def create(connection: Connection) -> None:
    """Make the tables that are missing."""
    metadata.create_all(connection)
    if connection.execute(select(sequence.c.next)).first() is None:
        connection.execute(insert(sequence).values(next=1))


def size(connection: Connection) -> int:
    """How many people there are."""
    return connection.execute(select(func.count()).select_from(person)).scalar_one()


def pictures_in_all(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.sum(model.c.rows), 0))).scalar_one()


def people(connection: Connection, ids: Sequence[int] | None = None) -> list[Person]:
    """Everybody, or those of ``ids`` who are there, sorted by name."""
    if ids is not None:
        blocks = (ids[at : at + _MANY] for at in range(0, len(ids), _MANY))
        found = [one for block in blocks for one in _people(connection, block)]
    else:
        found = _people(connection, None)
    return sorted(found, key=lambda one: (folded(one.name), one.id))


def _people(connection: Connection, ids: Sequence[int] | None) -> list[Person]:
    counts = (
        select(person.c.id, person.c.name, model.c.name.label("model"), func.count().label("n"))
        .select_from(person)
        .join(picture, picture.c.person == person.c.id)
        .join(model, picture.c.model == model.c.id)
        .group_by(person.c.id, person.c.name, model.c.name)
    )
    first = select(func.min(picture.c.id)).group_by(picture.c.person)
    if ids is not None:
        counts = counts.where(person.c.id.in_(ids))
        first = first.where(picture.c.person.in_(ids))
    jpegs = (
        select(picture.c.person, portrait.c.jpeg)
        .join(portrait, portrait.c.picture == picture.c.id)
        .where(picture.c.id.in_(first))
    )
    faces = {row.person: row.jpeg for row in connection.execute(jpegs)}
    names: dict[int, str] = {}
    numbers: dict[int, int] = {}
    models: dict[int, list[str]] = {}
    for row in connection.execute(counts):
        names[row.id] = row.name
        numbers[row.id] = numbers.get(row.id, 0) + row.n
        models.setdefault(row.id, []).append(row.model)
    return [
        Person(one, name, numbers[one], faces[one], tuple(sorted(models[one])))
        for one, name in names.items()
    ]


def known_to(connection: Connection, name: str) -> int:
    """How many people have pictures of the model of that name."""
    chosen = select(func.count(picture.c.person.distinct())).join(
        model, picture.c.model == model.c.id
    )
    return connection.execute(chosen.where(model.c.name == name)).scalar_one()


def first_ids(connection: Connection, limit: int) -> list[int]:
    """The first people by name."""
    chosen = select(person.c.id).order_by(person.c.folded).limit(limit)
    return list(connection.execute(chosen).scalars())


def names_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The names of ``ids``."""
    found: dict[int, str] = {}
    for at in range(0, len(ids), _MANY):
        chosen = select(person.c.id, person.c.name).where(person.c.id.in_(ids[at : at + _MANY]))
        found.update({row.id: row.name for row in connection.execute(chosen)})
    return found


def ids_of(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Folded name -> id for those of ``names`` who are there, whatever their case."""
    keys = list({folded(name) for name in names})
    found: dict[str, int] = {}
    for at in range(0, len(keys), _MANY):
        chosen = select(person.c.folded, person.c.id).where(
            person.c.folded.in_(keys[at : at + _MANY])
        )
        found.update({row.folded: row.id for row in connection.execute(chosen)})
    return found


def model_of(connection: Connection, name: str) -> Model | None:
    row = connection.execute(select(model).where(model.c.name == name)).first()
    return None if row is None else Model(*row)


def models(connection: Connection) -> list[Model]:
    return [Model(*row) for row in connection.execute(select(model))]


def add_model(connection: Connection, name: str, dimension: int) -> Model:
    new = Model(_take_ids(connection, 1)[0], name, dimension, 0, _token())
    connection.execute(insert(model).values(vars(new)))
    return new


def add_people(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Folded name -> id for all ``names``; those who are not there yet are added."""
    known = ids_of(connection, names)
    new: dict[str, str] = {}
    for name in names:
        if folded(name) not in known:
            new.setdefault(folded(name), name)
    if new:
        added = dict(zip(new, _take_ids(connection, len(new)), strict=True))
        connection.execute(
            insert(person),
            [{"id": added[key], "name": name, "folded": key} for key, name in new.items()],
        )
        known.update(added)
    return known


def add_pictures(
    connection: Connection,
    of: Model,
    people: Sequence[int],
    encodings: np.ndarray,
    portraits: Sequence[bytes],
) -> Model:
    """Add one picture per row of ``encodings`` (N, D); the model with its new number of rows."""
    ids = _take_ids(connection, len(people))
    connection.execute(
        insert(picture),
        [
            {"id": one, "person": who, "model": of.id, "encoding": encoding}
            for one, who, encoding in zip(ids, people, encodings, strict=True)
        ],
    )
    connection.execute(
        insert(portrait),
        [{"picture": one, "jpeg": jpeg} for one, jpeg in zip(ids, portraits, strict=True)],
    )
    return _changed(connection, of, of.rows + len(ids), of.token)


def rename(connection: Connection, one: int, name: str) -> None:
    """UserError if ``one`` is gone or somebody else has the name."""
    other = ids_of(connection, [name]).get(folded(name))
    if one not in names_of(connection, [one]):
        raise gone()
    if other not in (None, one):
        raise UserError(f"Somebody else in the gallery is called {name} already.")
    connection.execute(
        update(person).where(person.c.id == one).values(name=name, folded=folded(name))
    )


def remove(connection: Connection, one: int) -> list[Model]:
    """Remove a person; the models that lost pictures and have some left, with a new token.

    UserError if there is no such person.
    """
    mine = select(picture.c.model).where(picture.c.person == one).distinct()
    ids = connection.execute(mine).scalars().all()
    if connection.execute(delete(person).where(person.c.id == one)).rowcount == 0:
        raise gone()
    left = []
    for old in models(connection):
        if old.id in ids:
            counted = select(func.count()).where(picture.c.model == old.id)
            rows = connection.execute(counted).scalar_one()
            if rows:
                left.append(_changed(connection, old, rows, _token()))
            else:
                connection.execute(delete(model).where(model.c.id == old.id))
    return left


def remove_all(connection: Connection) -> None:
    for table in (portrait, picture, person, model):
        connection.execute(delete(table))


def renew_token(connection: Connection, of: Model) -> Model:
    return _changed(connection, of, of.rows, _token())


def gone() -> UserError:
    return UserError("This person is no longer in the gallery.")


def encodings(connection: Connection, of: Model, skip: int = 0) -> Iterator[np.ndarray]:
    """The model's encodings in order, without the first ``skip``, in blocks of (n, D) float32."""
    chosen = (
        select(picture.c.encoding)
        .where(picture.c.model == of.id)
        .order_by(picture.c.id)
        .offset(skip)
        .execution_options(yield_per=10_000)
    )
    for block in connection.execute(chosen).scalars().partitions():
        yield np.stack(block)


def owners(connection: Connection, of: Model, skip: int = 0) -> np.ndarray:
    """The person of every picture of the model in order, int64, without the first ``skip``."""
    chosen = (
        select(picture.c.person)
        .where(picture.c.model == of.id)
        .order_by(picture.c.id)
        .offset(skip)
        .execution_options(yield_per=50_000)
    )
    return np.fromiter(connection.execute(chosen).scalars(), np.int64)


def pictures(connection: Connection, names: Sequence[str] | None = None) -> Iterator[Picture]:
    """Every picture of everybody or of those called ``names``, by person as they came."""
    chosen = (
        select(person.c.name, model.c.name, picture.c.encoding, portrait.c.jpeg)
        .select_from(picture)
        .join(person, picture.c.person == person.c.id)
        .join(model, picture.c.model == model.c.id)
        .join(portrait, portrait.c.picture == picture.c.id)
        .order_by(person.c.id, picture.c.id)
        .execution_options(yield_per=1_000)
    )
    if names is None:
        for row in connection.execute(chosen):
            yield Picture(*row)
        return
    ids = list(ids_of(connection, names).values())
    for at in range(0, len(ids), _MANY):
        for row in connection.execute(chosen.where(person.c.id.in_(ids[at : at + _MANY]))):
            yield Picture(*row)


def _changed(connection: Connection, old: Model, rows: int, token: str) -> Model:
    connection.execute(
        update(tables.model).where(model.c.id == old.id).values(rows=rows, token=token)
    )
    return Model(old.id, old.name, old.dimension, rows, token)


def _take_ids(connection: Connection, count: int) -> range:
    """``count`` ids nobody had before. Only one transaction writes at a time."""
    start = connection.execute(select(sequence.c.next)).scalar_one()
    connection.execute(update(sequence).values(next=start + count))
    return range(start, start + count)


def _token() -> str:
    return secrets.token_hex(8)
