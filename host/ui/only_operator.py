"""For a plugin's event that only the operator may use."""

from __future__ import annotations

from gradio.context import LocalContext

from host.access import operator
from host.settings import Settings


def only_operator(given: str | None) -> None:
    """Raises UserError that says why, unless the operator asks.

    To be called in an event function. given: the operator token, if one was typed.
    """
    page = LocalContext.blocks.get(None)
    settings = getattr(page, "settings", None) or Settings()
    operator.require(settings, LocalContext.request.get(None), given)
