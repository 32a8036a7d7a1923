"""What only the operator may do: restart, move, delete what is everybody's."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING

from host.access.tries import Tries, later
from host.addresses import is_local_name, is_proxied, name_in
from host.plugin import UserError

if TYPE_CHECKING:
    import gradio as gr

    from host.settings import Settings

log = logging.getLogger("host.access")

_TRIES = Tries()


def token_of(settings: Settings) -> str:
    """The operator's token, "" where there is none."""
    return settings.operator_token.get_secret_value() if settings.operator_token else ""


def is_local(settings: Settings) -> bool:
    """Whether only this machine can open the page: a proxy on it brings others."""
    return is_local_name(settings.host) and not settings.trusted_proxies


def possible(settings: Settings) -> bool:
    """Whether anybody at all can be the operator here."""
    return bool(token_of(settings)) or is_local(settings)


def require(settings: Settings, request: gr.Request | None, given: str | None) -> None:
    """For the operator only: who gives the token or, without one, is at this machine.

    request: the event's. given: the token that was typed.

    Raises UserError with the reason for everybody else.
    """
    if token_of(settings):
        address = request.client.host if request is not None and request.client else None
        check_token(settings, address, given)
    elif request is None or not is_local(settings) or not _direct(request):
        raise UserError("This needs TRIPTYCH_OPERATOR_TOKEN to be set where the app runs.")


def check_token(settings: Settings, address: str | None, given: str | None) -> None:
    """Raises UserError unless ``given`` is the token, which an address may guess ten times."""
    if minutes := _TRIES.begin(address):
        raise UserError(later("operator tokens", minutes))
    token = token_of(settings)
    if not token or not hmac.compare_digest((given or "").encode(), token.encode()):
        log.warning("a wrong operator token from %s", address)
        raise UserError("That is not the operator token.")
    _TRIES.right(address)


def _direct(request: gr.Request) -> bool:
    """Whether a browser of this machine asks, not a proxy or a site whose name leads here."""
    name = name_in(request.headers.get("host", ""))
    return is_local_name(name) and not is_proxied(request.headers)
