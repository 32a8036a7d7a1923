"""From a gallery's address to its database, importing only what that one needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host import UserError

if TYPE_CHECKING:
    from plugins.face.gallery.database import Database

_ADDRESSES = "sqlite://, sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"


def open_database(url: str) -> Database:
    """UserError if the address is none, its packages are missing or nothing answers there."""
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise UserError("The gallery needs the package sqlalchemy; please install it.") from error
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # they quote the address, which may hold a password
        raise UserError(f"A gallery's address is {_ADDRESSES}.") from None
    if address.drivername == "sqlite" and not address.host and not address.query:
        from plugins.face.gallery.sqlite import Sqlite

        return Sqlite(address.database)
    if address.drivername in ("postgresql", "postgresql+psycopg"):
        from plugins.face.gallery.postgres import Postgres

        return Postgres(address)
    raise UserError(f"A gallery's address is {_ADDRESSES}.")
