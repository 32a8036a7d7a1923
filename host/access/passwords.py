"""The login of a file of users."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host.access.gate import OPEN, Gate, is_browser, page, refusal
from host.access.tries import Tries, later
from host.access.users import Users

_LONGEST = 10_000  # bytes of a form with a name and a password
_TOKENS = 10_000  # browsers that stay signed in; over that, the one that was first has to again
_WRONG = "That name and password do not go together."
# A password takes a core and 32 MB for a moment, so they are looked at one by one.
_CHECKING = ThreadPoolExecutor(1, "passwords")


@functools.cache
def _users(path: Path) -> Users:
    return Users(path)


def login(path: Path) -> dict[str, Any]:
    """For ``launch()``. Raises AccessError for a file that cannot be used."""
    users = _users(path)

    async def right(name: str, password: str) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_CHECKING, users.right, name, password)

    return {"auth": right}


class PasswordGate(Gate):
    """Shows the login page, limits guesses, and signs out who is no longer in the file."""

    open = OPEN | {"/login", "/login/"}

    def __init__(self, app: ASGIApp, path: Path, title: str) -> None:
        super().__init__(app, title)
        self._users = _users(path)
        self._tries = Tries()

    def user(self, scope: Scope) -> str | None:
        self._sign_out_the_gone(scope)
        gradio = scope["app"]
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        # As Gradio's get_current_user has it.
        token = cookies.get(f"access-token-{gradio.cookie_id}") or cookies.get(
            f"access-token-unsecure-{gradio.cookie_id}"
        )
        signed_in: str | None = gradio.tokens.get(token)
        return signed_in

    def _sign_out_the_gone(self, scope: Scope) -> None:
        if gone := self._users.gone():
            tokens = scope["app"].tokens
            for token, name in list(tokens.items()):
                if name in gone:
                    tokens.pop(token, None)

    def door(self, scope: Scope, problem: str = "", status: int = 200) -> Response:
        told = f"<p role='alert'><b>{escape(problem)}</b></p>" if problem else ""
        return page(self.title, told + _FORM, status)

    async def let_in(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not path.startswith("/login"):
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.door(scope)(scope, receive, send)
            return
        size = Headers(scope=scope).get("content-length", "")
        if not size.isdecimal() or int(size) > _LONGEST:
            answer = self._say(scope, "This is too long for a name and a password.", 413)
            await answer(scope, receive, send)
            return
        if minutes := self._tries.begin(_address(scope)):
            answer = self._say(scope, later("passwords", minutes), 429)
            await answer(scope, receive, send)
            return
        self._sign_out_the_gone(scope)  # now, or who signs in with a new password were out again
        await self.app(scope, receive, _Answer(self, scope, receive, send))

    def signed_in(self, scope: Scope) -> None:
        self._tries.right(_address(scope))
        tokens = scope["app"].tokens
        while len(tokens) > _TOKENS:
            tokens.pop(next(iter(tokens)), None)

    def _say(self, scope: Scope, sentence: str, status: int) -> Response:
        if is_browser(scope):
            return self.door(scope, sentence, status)
        return refusal(status, sentence)


class _Answer:
    """Gradio's answer to a login, made fit for a form: JSON becomes the page or the next one."""

    def __init__(self, gate: PasswordGate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate, self._scope, self._receive, self._send = gate, scope, receive, send
        self._silent = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif not self._silent:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        right = message["status"] == 200
        if right:
            self._gate.signed_in(self._scope)
        if not is_browser(self._scope):
            await self._send(message)
            return
        self._silent = True
        if not right:
            answer = self._gate.door(self._scope, _WRONG, message["status"])
            await answer(self._scope, self._receive, self._send)
            return
        headers = [each for each in message["headers"] if each[0].lower() == b"set-cookie"]
        headers += [(b"location", b"./"), (b"content-length", b"0")]
        await self._send({"type": "http.response.start", "status": 303, "headers": headers})
        await self._send({"type": "http.response.body", "body": b""})


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


_FORM = """<form method="post" action="login">
<p>Please sign in. Whoever runs this page can give you a name and a password.</p>
<label>Name <input name="username" autocomplete="username" required autofocus></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>"""
