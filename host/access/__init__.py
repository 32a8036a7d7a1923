"""Who gets in, and who may do what only the operator may."""

from __future__ import annotations

from typing import Any

from host.settings import Settings


def login(settings: Settings) -> dict[str, Any]:
    """For ``launch()``: nothing, the users of a file, or Hugging Face's.

    Raises AccessError for a file that cannot be used, or where OAuth is not set up.
    """
    return {}


class AccessError(Exception):
    """The settings ask for a login that cannot be offered; a sentence."""
