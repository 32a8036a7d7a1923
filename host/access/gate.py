"""Nothing is served to who has not signed in, whatever routes Gradio has or will have."""

from __future__ import annotations

from html import escape

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",
        "/favicon.ico",
        "/robots.txt",
        "/gradio_api/startup-events",  # Gradio asks itself for it before anybody can sign in
    }
)
SENTENCE = "Please sign in first."


class Gate:
    """ASGI middleware.

    Whatever path is not in ``open`` needs a user, so that a route that is new is closed.
    """

    open = OPEN

    def __init__(self, app: ASGIApp, title: str) -> None:
        self.app, self.title = app, title

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        path = get_route_path(scope)
        if path in self.open:
            await self.let_in(path, scope, receive, send)
        elif self.user(scope) is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": SENTENCE})
        else:
            await self.refuse(path, scope)(scope, receive, send)

    async def let_in(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a path that is open to all."""
        await self.app(scope, receive, send)

    def user(self, scope: Scope) -> str | None:
        """The name of who has signed in."""
        raise NotImplementedError

    def door(self, scope: Scope) -> Response:
        """What who opens the page sees before signing in."""
        raise NotImplementedError

    def refuse(self, path: str, scope: Scope) -> Response:
        if path in ("/", "/logout") and scope["method"] in ("GET", "HEAD"):
            return self.door(scope)
        return refusal(401, SENTENCE)


def refusal(status: int, sentence: str) -> Response:
    """For programs, Gradio's clients among them."""
    return JSONResponse({"detail": sentence}, status)


def page(title: str, body: str, status: int = 200) -> Response:
    """A page of its own, which tells nothing about the app. body: HTML."""
    html = _PAGE.replace("TITLE", escape(title)).replace("BODY", body)
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def is_browser(scope: Scope) -> bool:
    """Whether a person looks at the answer, not a program."""
    return "text/html" in Headers(scope=scope).get("accept", "")


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>TITLE</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { display: grid; min-height: 90vh; place-content: center; margin: 1rem }
main { width: min(22rem, 90vw) }
label { display: block; margin-top: .75rem }
input, button { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit }
button { margin-top: 1rem; cursor: pointer }
</style>
</head>
<body><main><h1>TITLE</h1>BODY</main></body>
</html>
"""
