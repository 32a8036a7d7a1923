"""Signing in with Hugging Face, which Gradio can offer but does not require."""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send

from host.access.errors import AccessError
from host.access.gate import OPEN, Gate, page

log = logging.getLogger("host.access")

_NEEDED = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
_FAILED = (
    "<p role='alert'><b>Hugging Face did not sign you in.</b></p><p><a href='../'>Try again</a></p>"
)
_SIGNED_OUT = "<p>You are signed out.</p><p><a href='./'>Sign in again</a></p>"


class SignOut(gr.LoginButton):
    """Its presence makes Gradio offer the sign-in; all that it does is to lead away."""

    def activate(self) -> None:
        pass  # the page cannot be seen before signing in

    def get_block_name(self) -> str:
        return "button"


def login() -> dict[str, Any]:
    """For ``launch()``. Raises AccessError where signing in is not set up."""
    if os.environ.get("SYSTEM") != "spaces" or not os.environ.get("SPACE_ID"):
        raise AccessError(
            "Signing in with Hugging Face (oauth) works in a Hugging Face Space only; elsewhere "
            "use a file of users: triptych users add NAME."
        )
    if missing := [name for name in _NEEDED if not os.environ.get(name)]:
        raise AccessError(
            f"Signing in with Hugging Face (oauth) is not set up: {', '.join(missing)} is not set. "
            "A Space sets it when hf_oauth: true is in its card."
        )
    if any(importlib.util.find_spec(name) is None for name in ("authlib", "itsdangerous")):
        raise AccessError(
            'Signing in with Hugging Face (oauth) needs: pip install "gradio[oauth]".'
        )
    return {"auth_dependency": lambda request: _user(request.session)}


def _user(session: dict[str, Any]) -> str | None:
    """The name in a signed cookie of a sign-in that is still good."""
    info = session.get("oauth_info") or {}
    name = (info.get("userinfo") or {}).get("preferred_username")
    if not isinstance(name, str) or not name or info.get("expires_at", 0) < time.time():
        return None
    return name


class HuggingFaceGate(Gate):
    """Sends who opens the page to sign in."""

    open = OPEN | {"/login/huggingface", "/login/callback", "/signed-out"}

    def user(self, scope: Scope) -> str | None:
        return _user(scope["session"])

    def door(self, scope: Scope) -> Response:
        target = "/"
        if scope["path"] == "/" and scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        query = urlencode({"_target_url": target})
        return RedirectResponse(f"login/huggingface?{query}", 302, {"Cache-Control": "no-store"})

    async def let_in(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path == "/signed-out":
            await page(self.title, _SIGNED_OUT)(scope, receive, send)
        elif path.startswith("/login/"):
            await self._sign_in(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the visitor or the provider got wrong is a page, not an error of this app."""
        failed = "error" in Request(scope).query_params

        async def good(message: Message) -> None:
            nonlocal failed
            failed = failed or message.get("status", 0) >= 400
            if not failed:
                await send(message)

        if not failed:
            try:
                await self.app(scope, receive, good)
            except Exception as error:  # noqa: BLE001  the libraries in there raise many kinds
                # Its text may hold what the provider said; that is the log's.
                log.warning("signing in failed: %s: %s", type(error).__name__, error)
                failed = True
        if failed:
            await page(self.title, _FAILED, 403)(scope, receive, send)
