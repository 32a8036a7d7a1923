"""Whose call this is: the id and the visitor that logs and error messages share."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """One event of one visitor.

    id: eight hexadecimal digits, shown to the visitor and written to the log.
    visitor: Gradio's session hash; None for calls the host makes itself.
    user: the name of who is signed in.
    address: the visitor's IP address, as far as the trusted proxies tell.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(4))
    visitor: str | None = None
    user: str | None = None
    address: str | None = None


_current: ContextVar[Caller | None] = ContextVar("triptych_caller", default=None)


def current() -> Caller:
    """The caller this thread works for; a fresh anonymous one outside any event."""
    return _current.get() or Caller()


def current_id() -> str | None:
    """The id of the caller this thread works for; None outside any event."""
    who = _current.get()
    return who.id if who else None


@contextlib.contextmanager
def acting_for(caller: Caller) -> Iterator[None]:
    """Everything logged and called inside belongs to ``caller``."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
