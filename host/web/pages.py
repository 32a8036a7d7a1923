"""The page's HTML, made once instead of once for each visitor."""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette._utils import get_route_path
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ADDRESSES = 8  # by which the app is known at once; anybody can make up more
_NAMING = ("host", "x-forwarded-host", "x-forwarded-proto")
_DECIDING = {"deep_link", "page"}  # of a link's query, what Gradio reads itself

_Address = tuple[Any, ...]


@dataclass(frozen=True)
class _Html:
    plain: bytes
    zipped: bytes

    def answer(self, accepted: str) -> Response:
        zips = "gzip" in accepted
        headers = {"vary": "Accept-Encoding"} | ({"content-encoding": "gzip"} if zips else {})
        return Response(self.zipped if zips else self.plain, 200, headers, "text/html")


class Pages:
    """ASGI middleware for an app without a login, whose page is the same for everybody.

    Gradio copies the settings of all components and writes a megabyte for each visitor: 0.1 s of
    a core, and for fifty who come at once hundreds of megabytes, which leave gaps in the heap.
    Here it is kept as it was written, and compressed, for each address it was asked for by.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[_Address, _Html] = OrderedDict()
        self._writing: dict[_Address, asyncio.Task[_Html | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or get_route_path(scope) != "/":
            await self._app(scope, receive, send)
            return
        if _DECIDING & QueryParams(scope["query_string"]).keys():
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        address = (scope["scheme"], scope.get("root_path"), *(headers.get(n) for n in _NAMING))
        html = await self._html(address, scope)
        if html is None:
            await self._app(scope, receive, send)
        else:
            await html.answer(headers.get("accept-encoding", ""))(scope, receive, send)

    async def _html(self, address: _Address, scope: Scope) -> _Html | None:
        """As it was kept; who come while it is being written wait for that. None if it failed."""
        if address in self._kept:
            self._kept.move_to_end(address)
            return self._kept[address]
        if address not in self._writing:
            self._writing[address] = asyncio.create_task(self._write(address, dict(scope)))
        # Whoever asked first may leave meanwhile.
        return await asyncio.shield(self._writing[address])

    async def _write(self, address: _Address, scope: Scope) -> _Html | None:
        status, body = 0, bytearray()

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def collect(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))

        try:
            await self._app(scope, nothing, collect)
            if status != 200:
                return None
            plain = bytes(body)
            html = _Html(plain, await asyncio.to_thread(gzip.compress, plain))
            self._kept[address] = html
            if len(self._kept) > _ADDRESSES:
                self._kept.popitem(last=False)
            return html
        finally:
            del self._writing[address]
