"""A gallery in PostgreSQL with the pgvector extension."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from sqlalchemy import URL, Connection, Float, bindparam, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from host import UserError
from plugins.face.gallery import statements
from plugins.face.gallery.database import Database, check_dimension
from plugins.face.gallery.people import Match
from plugins.face.gallery.tables import Encoding, person, picture

_WRITER = 0x66616365  # "face": the advisory lock of whoever writes


class Postgres(Database):
    """Searches in SQL by pgvector's ``<->``, the Euclidean distance, over every row: exactly."""

    def __init__(self, address: URL) -> None:
        try:
            import pgvector  # noqa: F401 (the tables' columns need it)
            import psycopg  # noqa: F401
        except ImportError as error:
            raise UserError(
                "A gallery in PostgreSQL needs the packages psycopg and pgvector; "
                f"{error.name or 'one'} is not installed."
            ) from error
        where = address.host or address.query.get("host") or "this machine"
        self._named = f"The gallery's database {address.database} on {where}"
        self._closed = False
        patience = {} if "connect_timeout" in address.query else {"connect_timeout": 10}
        self._engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args=patience,
            pool_pre_ping=True,
        )
        try:
            with self.writing() as connection:
                _add_extension(connection)
                statements.create(connection)
        except DBAPIError as error:
            self._engine.dispose()
            raise UserError(f"{self._named} does not let this user make tables.") from error
        except UserError:
            self._engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._told(), self._connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._told(), self._connect() as connection, connection.begin():
            connection.execute(select(func.pg_advisory_xact_lock(_WRITER)))
            yield connection

    def search(self, encodings: np.ndarray, model: str, k: int) -> list[list[Match]]:
        with self.reading() as connection:
            known = statements.model_of(connection, model)
            if known is None:
                return [[] for _ in encodings]
            check_dimension(encodings, known)
            query = bindparam("query", type_=Encoding)
            distance = func.min(picture.c.encoding.op("<->", return_type=Float())(query))
            nearest = (
                select(person.c.id, person.c.name, distance.label("distance"))
                .select_from(picture)
                .join(person, picture.c.person == person.c.id)
                .where(picture.c.model == known.id)
                .group_by(person.c.id)
                .order_by("distance", person.c.id)
                .limit(k)
            )
            return [
                [Match(*row) for row in connection.execute(nearest, {"query": encoding})]
                for encoding in encodings
            ]

    def close(self) -> None:
        self._closed = True
        self._engine.dispose()

    def _connect(self) -> Connection:
        if self._closed:
            raise UserError("This gallery has been closed.")
        return self._engine.connect()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise UserError("The gallery's database cannot be reached.") from error


def _add_extension(connection: Connection) -> None:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except DBAPIError as error:
        raise UserError(
            "The gallery's database needs the extension pgvector: it is not installed there, or "
            "this user may not create it."
        ) from error
