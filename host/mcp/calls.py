"""Calling an event as a client of the app would, through every check that a client meets."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message

from host.plugin import UserError

_OURS = (b"content-length", b"content-type", b"accept", b"accept-encoding", b"transfer-encoding")
_WENT_WRONG = "Something went wrong."


class Client:
    """Speaks to the app within this process, on behalf of the client whose request this is.

    It has that client's address and headers, so login, origins and limits are the same for it.
    """

    def __init__(self, app: ASGIApp, request: Request) -> None:
        self._app, self._scope = app, request.scope
        self._headers = [each for each in request.scope["headers"] if each[0] not in _OURS]
        self.session = "mcp" + secrets.token_hex(12)

    async def events(self, number: int, data: list[Any]) -> AsyncGenerator[dict[str, Any]]:
        """Join the queue with event ``number`` and hear its messages, to the last.

        Raises UserError with the sentence of a refusal.
        """
        body = {"fn_index": number, "data": data, "session_hash": self.session}
        status, answer = await self._whole("POST", "/gradio_api/queue/join", body)
        if status >= 400:
            raise UserError(_sentence(answer))
        query = f"session_hash={self.session}"
        stream = self._ask("GET", "/gradio_api/queue/data", query)
        async with aclosing(stream):
            async for line in _lines(stream):
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    async def _whole(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        status, parts = 500, []
        async for message in self._ask(method, path, "", body):
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))
        return status, b"".join(parts)

    async def _ask(
        self, method: str, path: str, query: str = "", body: Any = None
    ) -> AsyncGenerator[Message]:
        """One request: the messages of its response as they come."""
        sent = b"" if body is None else json.dumps(body).encode()
        headers = [*self._headers, (b"accept", b"*/*"), (b"accept-encoding", b"identity")]
        if body is not None:
            headers.append((b"content-type", b"application/json"))
            headers.append((b"content-length", str(len(sent)).encode()))
        scope = {
            **{name: self._scope[name] for name in ("type", "asgi", "http_version", "scheme")},
            **{name: self._scope.get(name) for name in ("client", "server")},
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
        }
        answers: asyncio.Queue[Message | None] = asyncio.Queue()
        told = False

        async def receive() -> Message:
            nonlocal told
            if told:  # and this client goes only by ending the task
                await asyncio.Event().wait()
            told = True
            return {"type": "http.request", "body": sent, "more_body": False}

        async def run() -> None:
            try:
                await self._app(scope, receive, answers.put)
            finally:
                await answers.put(None)

        task = asyncio.create_task(run())
        try:
            while (message := await answers.get()) is not None:
                yield message
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


async def _lines(messages: AsyncIterator[Message]) -> AsyncIterator[bytes]:
    """The lines of a response's body."""
    rest = b""
    async for message in messages:
        *lines, rest = (rest + message.get("body", b"")).split(b"\n")
        for line in lines:
            yield line


def _sentence(answer: bytes) -> str:
    """What the app said against a request."""
    try:
        said = json.loads(answer)
    except ValueError:
        return answer.decode(errors="replace").strip()[:500] or _WENT_WRONG
    detail = said.get("detail", said) if isinstance(said, dict) else said
    if isinstance(detail, dict):
        detail = detail.get("error") or detail.get("message")
    return detail if isinstance(detail, str) else _WENT_WRONG
