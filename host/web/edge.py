"""Every request passes here before Gradio sees it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from host.host import Host
from host.ui.blocks import Page


class Edge:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, host: Host, page: Page) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
