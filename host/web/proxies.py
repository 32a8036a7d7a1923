"""Whom a request comes from, as far as the trusted proxies tell."""

from __future__ import annotations

import os

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from host.settings import Settings

# A Space's container is reached through Hugging Face's proxies and from nowhere else.
_OF_A_SPACE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
# Gradio makes links of these, whoever sent them.
_FORWARDED = {b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"}


def take_over() -> None:
    """Before uvicorn starts, which would believe every proxy on this machine: :class:`Proxies`
    decides instead."""
    os.environ["FORWARDED_ALLOW_IPS"] = ""


class Proxies:
    """Puts the visitor's address and scheme into a scope, when a trusted proxy names them."""

    def __init__(self, settings: Settings) -> None:
        trusted = list(settings.trusted_proxies)
        if not trusted and os.environ.get("SPACE_ID"):
            trusted = _OF_A_SPACE
        self.any = bool(trusted)
        """Whether there are trusted proxies."""
        self._reader = ProxyHeadersMiddleware(_nothing, trusted)

    async def apply(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Changes ``scope``. Headers by which others pass for a proxy are taken out."""
        client = scope.get("client")
        if client and client[0] in self._reader.trusted_hosts:
            await self._reader(scope, receive, send)  # type: ignore[arg-type]
            dropped = {b"x-gradio-server"}
        else:
            dropped = _FORWARDED
        scope["headers"] = [
            (name, value) for name, value in scope["headers"] if name not in dropped
        ]


async def _nothing(*_: object) -> None:
    """The app behind uvicorn's middleware, of which only the reading of headers is used."""
