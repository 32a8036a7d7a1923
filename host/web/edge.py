"""Every request passes here before Gradio sees it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host import metrics
from host.host import Host
from host.ui.blocks import Page
from host.web import bodies, headers, paths
from host.web.admission import Admission
from host.web.answers import Refusal, answer
from host.web.origins import Origins
from host.web.proxies import Proxies
from host.web.rates import Uploads

log = logging.getLogger("host.edge")

_AT_ONCE = 10  # times the limit of one file
_ENCODED = 1.4  # base64, and the JSON around it
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_LINGER = 10.0  # seconds for which a refused body is still read
_SMALL = 64_000  # bytes of a login
_UNFIT = "This request does not fit this app."
_KINDS = {403: "origin", 404: "address", 413: "size", 429: "too_many"}
"""Of refusals by their status, for the figures; others are "unfit"."""


class Edge:
    """ASGI middleware: who may ask, from where, how much and how often.

    What is wrong is answered with a status and a sentence (:mod:`host.web.answers`).
    """

    def __init__(self, app: ASGIApp, host: Host, page: Page) -> None:
        settings = host.settings
        self._app = app
        self._proxies = Proxies(settings)
        self._origins = Origins(settings, self._proxies.any, bool(os.environ.get("SPACE_ID")))
        self._admission = Admission(lambda: page._queue, settings.limits.waiting)
        self._uploads = Uploads(settings.limits)
        self._file_limit = int(settings.max_upload_mb * 1e6)
        self._upload_limit = self._file_limit * _AT_ONCE
        self._body_limit = int(self._file_limit * _ENCODED + 1e6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        await self._proxies.apply(scope, receive, send)
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        path = get_route_path(scope)
        exchange = _Exchange(send, bool(paths.FILES.match(path)), self._origins.frame_ancestors)
        try:
            self._origins.check(scope)
            paths.check(path)
            headers.tidy_request(scope)
            body = await self._opened(scope, path, exchange.watched(receive))
            await self._app(scope, exchange.watched(body), exchange.send)
        except Refusal as refusal:
            exchange.refusal = exchange.refusal or refusal
        except Exception as error:  # noqa: BLE001  whatever Gradio makes of what was sent
            await self._failed(scope, path, exchange, error)
        if exchange.refusal is not None and not exchange.started:
            # A browser reads no answer before it has sent everything.
            if exchange.refusal.status in (413, 429) and not exchange.received:
                await _drain(receive, self._body_limit)
            metrics.refused(_KINDS.get(exchange.refusal.status, "unfit"))
            plain = bool(paths.UPLOAD.match(path))
            await answer(exchange.refusal, plain)(scope, receive, exchange.send_own)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._origins.check(scope)
            paths.check(get_route_path(scope))
        except Refusal as refusal:
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.message})
            return
        await self._app(scope, receive, send)

    async def _opened(self, scope: Scope, path: str, receive: Receive) -> Receive:
        """The request's body, checked as far as it can be before it is passed on."""
        if scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            return receive
        of_request = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        kind = of_request.get("content-type", "").lower()
        if paths.UPLOAD.match(path) or (paths.BLOBS.match(path) and kind.startswith(_FORMS[0])):
            _check_length(of_request, self._upload_limit)
            self._uploads.check(address, _length(of_request))
            upload = bodies.Upload(
                of_request,
                receive,
                self._upload_limit,
                self._file_limit,
                lambda size: self._uploads.count(address, size),
                only_files=bool(paths.UPLOAD.match(path)),
            )
            return upload.receive
        limit = _SMALL if paths.LOGIN.match(path) else self._body_limit
        _check_length(of_request, limit)
        body = await bodies.whole(receive, limit)
        # Whatever it calls itself, what is no form Gradio reads as JSON.
        if body and not kind.startswith(_FORMS):
            bodies.check_json(body)
        if paths.JOINS.match(path):
            self._admission.enter()
        return bodies.again(body, receive)

    async def _failed(self, scope: Scope, path: str, exchange: _Exchange, error: Exception) -> None:
        """Gradio takes much for granted of what is sent to it, and raises where that is not so."""
        if exchange.disconnected:
            return
        log.warning(
            "%s %r: %s",
            scope["method"],
            path[:200],
            type(error).__name__,
            exc_info=error if log.isEnabledFor(logging.DEBUG) else None,
        )
        if exchange.started:
            with contextlib.suppress(Exception):
                await exchange.end()
        else:
            exchange.refusal = exchange.refusal or Refusal(400, _UNFIT)


class _Exchange:
    """One request and its answer."""

    def __init__(self, send: Send, is_file: bool, frame_ancestors: str) -> None:
        self._send, self._is_file, self._frame_ancestors = send, is_file, frame_ancestors
        self.refusal: Refusal | None = None
        """Once there is one, the app's own answer is dropped."""
        self.received = False
        """Whether the whole request has come, so that nothing more will."""
        self.started = self.disconnected = self._ended = False

    def watched(self, receive: Receive) -> Receive:
        async def next_message() -> Message:
            try:
                message = await receive()
            except Refusal as refusal:
                self.refusal = self.refusal or refusal
                raise
            self.disconnected |= message["type"] == "http.disconnect"
            self.received |= not message.get("more_body", False)
            return message

        return next_message

    async def send(self, message: Message) -> None:
        if self._is_file and message.get("status", 0) >= 400:  # Gradio's names the path
            self.refusal = self.refusal or Refusal(message["status"], "There is no such file here.")
        if self.refusal is None or self.started:
            await self.send_own(message)

    async def send_own(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers.complete(message, self._is_file, self._frame_ancestors)
        elif message["type"] == "http.response.body":
            self._ended = not message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        """Of an answer that was begun and cannot be gone on with."""
        if not self._ended:
            await self.send_own({"type": "http.response.body", "body": b"", "more_body": False})


def _length(of_request: Headers) -> int:
    """Bytes that are announced; 0 where none are."""
    given = of_request.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _check_length(of_request: Headers, limit: int) -> None:
    if _length(of_request) > limit:
        raise bodies.too_big(limit)


async def _drain(receive: Receive, limit: int) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_read(receive, limit), _LINGER)


async def _read(receive: Callable, limit: int) -> None:
    size = 0
    while size <= limit:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
