"""Names as people type them."""

from __future__ import annotations

import unicodedata

from host import UserError

LONGEST = 100

_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line separators
_INVISIBLE = {"Cf", "Zs"}  # joiners, direction marks, spaces


def clean_name(text: str) -> str:
    """``text`` in NFC without the spaces around it. UserError if that is no name.

    A name has 1 to 100 characters, at least one that can be seen, and no control character.
    """
    if not isinstance(text, str):  # a program can send anything
        raise UserError("Please give a name.")
    name = unicodedata.normalize("NFC", text).strip()
    kinds = {unicodedata.category(character) for character in name}
    if not kinds - _INVISIBLE:
        raise UserError("Please give a name.")
    if kinds & _CONTROLS:
        raise UserError("A name is one line without control characters.")
    if len(name) > LONGEST:
        raise UserError(f"A name has at most {LONGEST} characters; this one has {len(name)}.")
    return name


def folded(name: str) -> str:
    """What two names have in common that differ only in upper and lower case."""
    return unicodedata.normalize("NFC", name.casefold())
