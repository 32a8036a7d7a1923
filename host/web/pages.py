"""The page, made once instead of once for each visitor."""

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

_PAGES = 16  # kept at once; anybody can make up more addresses for them
_NAMING = ("host", "x-forwarded-host", "x-forwarded-proto")
_KEPT = {"/": "text/html", "/config": "application/json"}  # paths, and what they answer with
_DECIDING = {"deep_link", "page"}  # of a link's query, what Gradio reads itself

_Address = tuple[Any, ...]


@dataclass(frozen=True)
class _Page:
    kind: str
    plain: bytes
    zipped: bytes

    def answer(self, accepted: str) -> Response:
        zips = "gzip" in accepted
        headers = {"vary": "Accept-Encoding"} | ({"content-encoding": "gzip"} if zips else {})
        return Response(self.zipped if zips else self.plain, 200, headers, self.kind)


class Pages:
    """ASGI middleware for an app without a login, whose page is the same for everybody.

    Gradio copies the settings of all components and writes a megabyte for each visitor, and as
    much of ``/config`` for each client of its API: 0.1 s of a core, and for fifty who come at once
    hundreds of megabytes, which leave gaps in the heap. Here both are kept as they were written,
    and compressed, for each address they were asked for by.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[_Address, _Page] = OrderedDict()
        self._writing: dict[_Address, asyncio.Task[_Page | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = get_route_path(scope) if scope["type"] == "http" else None
        if path not in _KEPT or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        if _DECIDING & QueryParams(scope["query_string"]).keys():
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = (headers.get(name) for name in _NAMING)
        address = (path, scope["scheme"], scope.get("root_path"), *named)
        page = await self._page(address, scope)
        if page is None:
            await self._app(scope, receive, send)
        else:
            await page.answer(headers.get("accept-encoding", ""))(scope, receive, send)

    async def _page(self, address: _Address, scope: Scope) -> _Page | None:
        """As it was kept; who come while it is being written wait for that. None if it failed."""
        if address in self._kept:
            self._kept.move_to_end(address)
            return self._kept[address]
        if address not in self._writing:
            self._writing[address] = asyncio.create_task(self._write(address, dict(scope)))
        # Whoever asked first may leave meanwhile.
        return await asyncio.shield(self._writing[address])

    async def _write(self, address: _Address, scope: Scope) -> _Page | None:
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
            page = _Page(_KEPT[address[0]], plain, await asyncio.to_thread(gzip.compress, plain))
            self._kept[address] = page
            if len(self._kept) > _PAGES:
                self._kept.popitem(last=False)
            return page
        finally:
            del self._writing[address]
