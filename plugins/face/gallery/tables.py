"""The tables, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine


class Encoding(TypeDecorator[np.ndarray]):
    """float32 (D,): little-endian bytes in SQLite, pgvector's ``vector`` in PostgreSQL."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            from pgvector.sqlalchemy import Vector  # installed where PostgreSQL is used

            return dialect.type_descriptor(Vector())
        return dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: np.ndarray | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astype("<f4", copy=False).tobytes()

    def process_result_value(self, value: Any, dialect: Dialect) -> np.ndarray | None:
        if isinstance(value, bytes):
            return np.frombuffer(value, "<f4")
        return None if value is None else np.asarray(value, np.float32)


# SQLite counts rows by itself only in a column that is exactly INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

# Ids come from here, so that none is ever given twice and pictures are numbered as they come.
sequence = Table("face_sequence", metadata, Column("next", _Id, nullable=False))

# ``rows`` counts the model's pictures; ``token`` is another one whenever some were removed. While
# the token stays, pictures are only added, and their order by id is the order of the matrix.
model = Table(
    "face_model",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False, unique=True),
    Column("dimension", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("token", String, nullable=False),
)

person = Table(
    "face_person",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("folded", String, nullable=False, unique=True),
)

picture = Table(
    "face_picture",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("person", ForeignKey(person.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("model", ForeignKey(model.c.id), nullable=False),
    Column("encoding", Encoding, nullable=False),
    Index("face_picture_order", "model", "id", "person"),  # whose the matrix's rows are
)

# Apart from the encodings: reading a million of those should not step over a million JPEGs.
portrait = Table(
    "face_portrait",
    metadata,
    Column(
        "picture",
        ForeignKey(picture.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("jpeg", LargeBinary, nullable=False),
)
