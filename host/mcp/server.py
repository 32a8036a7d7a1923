"""The server: lists the tools and calls them. Imported only where ``--mcp`` is on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as Listed
from starlette.types import Receive, Scope, Send

import host as triptych
from host.host import Host
from host.mcp import results
from host.mcp.calls import Client
from host.mcp.tools import Tool, tools_of
from host.plugin import UserError
from host.ui.blocks import Page

# It reports every client that leaves as an error, and what clients call tools.
logging.getLogger("mcp").setLevel(logging.ERROR)
logging.getLogger("mcp.server.streamable_http").setLevel(logging.CRITICAL)

_BODY = 2**40  # what a request may have in all is limited before, in host.web.edge


class Tools:
    """An ASGI app that speaks MCP over streamable HTTP."""

    def __init__(self, host: Host, page: Page) -> None:
        self._host, self._page = host, page
        self._found: dict[str, Tool] | None = None
        self._server: Server[Any, Any] = Server(host.settings.title, triptych.__version__)
        self._server.list_tools()(self._list)  # type: ignore[no-untyped-call]
        # What a value must be the components know best, and they say it in a sentence.
        self._server.call_tool(validate_input=False)(self._call)
        limits = host.settings.limits
        self._sessions = StreamableHTTPSessionManager(
            self._server,
            session_idle_timeout=limits.session_minutes * 60,
            max_sessions=limits.sessions,
            max_request_body_size=_BODY,
        )

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.handle_request(scope, receive, send)

    @property
    def _tools(self) -> dict[str, Tool]:
        if self._found is None or self._host.settings.reload:  # then events come and go
            self._found = tools_of(self._page)
        return self._found

    async def _list(self) -> list[Listed]:
        return [
            Listed(name=tool.name, description=tool.description, inputSchema=tool.schema)
            for tool in self._tools.values()
        ]

    async def _call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        tool = self._tools.get(name)
        if tool is None:
            return _failed("There is no tool of that name.")
        context = self._server.request_context
        assert context.request is not None  # only over HTTP is one called
        client = Client(self._page.app, context.request)
        try:
            output = await self._follow(client, tool, tool.data(arguments))
        except UserError as error:
            return _failed(str(error))
        finally:  # also when the client cancels, or is gone
            self._host.forget(client.session)
            self._page.visitors.served_once(client.session)
        return CallToolResult(content=results.content(tool.function.outputs, output))

    async def _follow(self, client: Client, tool: Tool, data: list[Any]) -> list[Any]:
        """The event's last output. Raises UserError with what it says when it fails."""
        progress = self._progress()
        latest: list[Any] = []
        async with contextlib.aclosing(client.events(tool.function._id, data)) as messages:
            async for message in messages:
                output = message.get("output") or {}
                if message["msg"] == "process_generating" and message["success"]:
                    await anext(progress)
                elif message["msg"] == "process_completed":
                    if not message["success"]:
                        raise UserError(output.get("error") or "Something went wrong.")
                    latest = output.get("data") or latest
                elif message["msg"] in ("unexpected_error", "server_stopped"):
                    raise UserError("The server was stopped; please try again.")
        return latest

    async def _progress(self) -> AsyncGenerator[None]:
        """Each step tells a client that wants to know that the call goes on."""
        context = self._server.request_context
        token = context.meta.progressToken if context.meta else None
        step = 0
        while True:
            step += 1
            if token is not None:
                await context.session.send_progress_notification(
                    token, step, related_request_id=str(context.request_id)
                )
            yield


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], isError=True)
