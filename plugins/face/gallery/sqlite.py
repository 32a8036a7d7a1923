"""A gallery in a SQLite file, or in memory and nowhere else."""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from host import UserError
from plugins.face.gallery import statements
from plugins.face.gallery.database import Database, check_dimension
from plugins.face.gallery.matrix import MatrixFiles
from plugins.face.gallery.nearest import Table, nearest, squares
from plugins.face.gallery.people import Match
from plugins.face.gallery.statements import Model

_PATIENCE = 30.0  # seconds to wait for another writer
_ERASING = 5.0  # seconds to wait for readers before their log can be emptied


class Sqlite(Database):
    """``path`` None or ``:memory:`` is a gallery in memory: one connection, one thread at a time.

    A file is in WAL mode: readers see the state of their first statement and wait for nobody,
    writers wait for each other, also across processes.
    """

    def __init__(self, path: str | None) -> None:
        in_memory = path in (None, "", ":memory:")
        self._path = None if in_memory else Path(str(path)).absolute()
        if self._path and not self._path.parent.is_dir():
            raise UserError(f"There is no folder {self._path.parent} for the gallery.")
        self._files = MatrixFiles(self._path) if self._path else None
        self._alone: AbstractContextManager[Any] = (
            nullcontext() if self._path else threading.RLock()
        )
        self._tables: dict[int, tuple[str, Table]] = {}  # model id -> token, table
        self._loading = threading.Lock()
        self._closed = False
        self._engine = _engine(self._path) if self._path else _in_memory()
        self._own = None if self._path else self._engine.connect()
        try:
            with self.writing() as connection:
                statements.create(connection)
            self.erase()  # of what a crash has left
        except UserError:
            self._disconnect()
            raise
        except (DatabaseError, OSError) as error:
            self._disconnect()
            raise UserError(f"{self._path} is not a gallery.") from error

    def reading(self) -> AbstractContextManager[Connection]:
        return self._transaction(writes=False)

    def writing(self) -> AbstractContextManager[Connection]:
        return self._transaction(writes=True)

    def appended(self, connection: Connection, model: Model, encodings: np.ndarray) -> None:
        if self._files and not self._files.append(
            model.token, model.rows - len(encodings), encodings
        ):
            self._rewrite(connection, model)

    def removed(self, connection: Connection, model: Model) -> None:
        if self._files:
            self._files.write(model.token, statements.encodings(connection, model))

    def search(self, encodings: np.ndarray, model: str, k: int) -> list[list[Match]]:
        while True:
            with self.reading() as connection:
                known = statements.model_of(connection, model)
                if known is None:
                    return [[] for _ in encodings]
                check_dimension(encodings, known)
                table = self._table(connection, known)
                if table is not None:
                    found = list(nearest(table, encodings, k))
                    ids = list({int(one) for owners, _ in found for one in owners})
                    names = statements.names_of(connection, ids)
                    return [
                        [
                            Match(int(one), names[int(one)], float(distance))
                            for one, distance in zip(owners, distances, strict=True)
                        ]
                        for owners, distances in found
                    ]
            self._repair(model)

    def erase(self) -> None:
        with self.writing() as connection:
            tokens = {model.token for model in statements.models(connection)}
            if self._files:
                self._files.sweep(tokens)
        with self._loading:
            kept = {key: one for key, one in self._tables.items() if one[0] in tokens}
            self._tables = kept
        self._empty_log()

    def close(self) -> None:
        with self._alone:
            self._closed = True
            self._tables = {}
            self._disconnect()

    @contextmanager
    def _transaction(self, writes: bool) -> Iterator[Connection]:
        with self._alone, _told():
            if self._closed:
                raise UserError("This gallery has been closed.")
            with nullcontext(self._own) if self._own else self._engine.connect() as connection:
                connection.execution_options(writes=writes)
                with connection.begin():
                    yield connection

    def _disconnect(self) -> None:
        if self._own:
            self._own.close()
        else:
            self._engine.dispose()

    def _table(self, connection: Connection, model: Model) -> Table | None:
        """The model's encodings as this transaction sees them; None if their file is not good.

        While the token is the same, what was loaded before is the beginning of what there is.
        """
        with self._loading:
            token, table = self._tables.get(model.id, ("", None))
            if token != model.token or table is None:
                none = np.empty(0, np.int64)
                empty = np.empty((0, model.dimension), np.float32)
                table = Table(empty, squares(empty), none)
            have = len(table.owners)
            if have < model.rows:
                encodings = self._encodings(connection, model, table.encodings)
                if encodings is None:
                    return None
                new = [
                    squares(encodings[at : at + 65_536]) for at in range(have, model.rows, 65_536)
                ]
                table = Table(
                    encodings,
                    np.concatenate([table.squares, *new]),
                    np.concatenate([table.owners, statements.owners(connection, model, have)]),
                )
                self._tables[model.id] = (model.token, table)
            return table.first(model.rows)

    def _encodings(
        self, connection: Connection, model: Model, known: np.ndarray
    ) -> np.ndarray | None:
        if self._files:
            return self._files.map(model.token, model.rows, model.dimension)
        return np.concatenate([known, *statements.encodings(connection, model, len(known))])

    def _repair(self, name: str) -> None:
        """Make the model's file anew, unless another process has done so meanwhile."""
        with self.writing() as connection:
            model = statements.model_of(connection, name)
            if model is None or self._files is None:
                return
            if self._files.map(model.token, model.rows, model.dimension) is None:
                self._rewrite(connection, model)
        self.erase()  # of the bad one

    def _rewrite(self, connection: Connection, model: Model) -> None:
        self.removed(connection, statements.renew_token(connection, model))

    def _empty_log(self) -> None:
        """Move what was committed into the database and cut the log, which has the old pages.

        If readers are in the way for too long, the next removal, start or end does it.
        """
        if not self._path:
            return
        with _told():
            connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {int(_ERASING * 1000)}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
        finally:
            connection.close()


def _engine(path: Path | str, prepared: int = 128, **options: Any) -> Engine:
    """prepared: how many statements each connection keeps, at about 7 KB."""
    of_each = {"check_same_thread": False, "timeout": _PATIENCE, "cached_statements": prepared}
    engine = create_engine(f"sqlite:///{path}", connect_args=of_each, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@functools.cache
def _in_memory() -> Engine:
    """Of all galleries in memory, for every connection is a database of its own. With an engine
    for each, and its prepared statements, a gallery took 540 KB; this way 110."""
    return _engine(":memory:", prepared=0, poolclass=NullPool)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin says, and only there
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")  # KiB
    # Two processes that open a new file at once can both want to switch it; SQLite does not wait.
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise UserError(
            "The gallery's file is busy, full or cannot be written; please try again."
        ) from error
