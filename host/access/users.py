"""The file of users: names and salted hashes of their passwords.

A line is ``name:scrypt$N$r$p$salt$hash``; salt and hash are in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import secrets
import tempfile
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from host.access.errors import AccessError

log = logging.getLogger("host.access")

# As OWASP's Password Storage Cheat Sheet has them: as slow as N=2^17 alone, with a quarter of
# its memory, 32 MB.
_N, _R, _P = 2**15, 8, 3
_MEMORY = 256 * 2**20  # bytes that a line of the file may ask for
SHORTEST, LONGEST = 8, 1024  # characters of a password


@dataclass(frozen=True)
class Password:
    """A salted hash, and how it was made."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> Password:
        salt = secrets.token_bytes(16)
        return cls(_N, _R, _P, salt, _scrypt(password, salt, _N, _R, _P, 32))

    @classmethod
    def parse(cls, text: str) -> Password:
        """Raises ValueError for anything that ``str()`` of one does not give."""
        kind, *numbers, salt, digest = text.split("$")
        n, r, p = map(int, numbers)
        if kind != "scrypt" or n < 2 or n & (n - 1) or r < 1 or not 1 <= p <= 64:
            raise ValueError("not scrypt, or with impossible parameters")
        if 128 * r * (n + p) > _MEMORY:
            raise ValueError("asks for too much memory")
        made = cls(n, r, p, _decoded(salt), _decoded(digest))
        if len(made.salt) < 8 or not 16 <= len(made.digest) <= 64:
            raise ValueError("salt or hash of the wrong length")
        return made

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${digest}"

    def __repr__(self) -> str:
        return "Password(...)"

    def is_(self, password: str) -> bool:
        """In a time that says nothing about how much of it is right."""
        made = _scrypt(password, self.salt, self.n, self.r, self.p, len(self.digest))
        return hmac.compare_digest(made, self.digest)


_NOBODYS = Password(_N, _R, _P, bytes(16), bytes(32))  # no password has this hash


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    # One password, however a keyboard composes its letters.
    secret = unicodedata.normalize("NFKC", password[:LONGEST]).encode()
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=2 * _MEMORY, dklen=length)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def name_problem(name: str) -> str:
    """ "" for a name that can be a user's, or the sentence why it cannot."""
    if not name or name != name.strip() or len(name) > 64:
        return "A name has 1 to 64 characters and no space at either end."
    if ":" in name or not name.isprintable():
        return "A name has printable characters only, and no colon."
    return ""


def read(path: Path) -> dict[str, Password]:
    """Every user. Raises AccessError for a file that is not there or is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise AccessError(f"The file of users {path} cannot be read: {why}.") from error
    users: dict[str, Password] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        name, _, password = line.rstrip().partition(":")
        try:
            if name_problem(name) or name in users:
                raise ValueError("no name, or one that is there twice")
            users[name] = Password.parse(password)
        except (ValueError, binascii.Error) as error:
            raise AccessError(
                f"Line {number} of the file of users {path} is damaged; remove it, then "
                "add the user again: triptych users add NAME."
            ) from error
    return users


def write(path: Path, users: Mapping[str, Password]) -> None:
    """All at once, for the owner's eyes only. Raises OSError."""
    path = path.resolve()  # behind a link, the file itself is replaced
    text = "".join(f"{name}:{password}\n" for name, password in users.items())
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".users-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Users:
    """A file of users that is read again whenever it has changed. For any thread.

    Raises AccessError where the file cannot be used at the start. What is wrong with it later is
    logged, and those who were in it stay.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen = self._look()
        self._users = read(path)
        self._gone: set[str] = set()
        if not self._users:
            raise AccessError(
                f"There is nobody in the file of users {path}: triptych users add NAME."
            )

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def gone(self) -> set[str]:
        """Who, since this was last asked, was removed or given another password."""
        with self._lock:
            self._refresh()
            gone, self._gone = self._gone, set()
            return gone

    def right(self, name: str, password: str) -> bool:
        """Whether they go together; takes as long for a name that is not there. Not quick."""
        known = self._get(name)
        right = (known or _NOBODYS).is_(password) and known is not None
        return right and known == self._get(name)

    def _get(self, name: str) -> Password | None:
        with self._lock:
            self._refresh()
            return self._users.get(name)

    def _refresh(self) -> None:
        if (seen := self._look()) == self._seen:
            return
        self._seen, before = seen, self._users
        try:
            self._users = read(self._path)
        except AccessError as error:
            log.error("%s Who was in it before can still sign in.", error)
            return
        self._gone |= {name for name in before if self._users.get(name) != before[name]}
