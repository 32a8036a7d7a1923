"""Answers for what Gradio's routes raise."""

from __future__ import annotations

import logging
import re
from typing import Any

from gradio.route_utils import FnIndexInferError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host import caller
from host.ui.complaints import FULL, is_full, short
from host.web.answers import Refusal, answer

log = logging.getLogger("host.complaints")

_DIRECT = re.compile(r"/gradio_api/(run|api)/")
_CALLS = ("/queue/", "/call/", "/run/", "/api/", "/component_server")


class Answered:
    """ASGI middleware that answers for what Gradio's routes raise.

    A client's mistake is told in a sentence; everything else is logged in full and told apart from
    it by a call id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        direct = _DIRECT.match(scope.get("path", ""))

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if direct and message.get("status") == 500:  # Gradio's for every gr.Error: a sentence
                message["status"] = 400
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if scope["type"] != "http":
                raise
            response = _answer(scope.get("path", ""), error)
            if not begun:
                await response(scope, receive, send)


def _answer(path: str, error: Exception) -> Response:
    """Of 404 or 400 for a client's mistake, else of 500."""
    called = any(part in path for part in _CALLS)
    if isinstance(error, FnIndexInferError) or (called and isinstance(error, KeyError)):
        return _told(404, "There is no such event here.")
    if called and isinstance(error, (TypeError, ValueError, AttributeError, RecursionError)):
        return _told(400, "This is not a call that can be answered.")
    if is_full(error):
        log.error("%s: %s", path.split("?")[0], error)
        return _told(507, FULL)
    with caller.acting_for(who := caller.Caller()):
        log.error("%s failed", path.split("?")[0], exc_info=error)
    return _told(500, f"Something went wrong (call {who.id}).")


def malformed(request: Request, error: Exception) -> Response:
    """For FastAPI's RequestValidationError: which field is wrong, without what was sent."""
    first: dict[str, Any] = next(iter(getattr(error, "errors", list)()), {})
    where = ".".join(str(part) for part in first.get("loc", ())[1:])
    if first.get("type") == "json_invalid":
        return _told(422, "This is not JSON.")
    return _told(422, f"{short(where) or 'The request'}: {first.get('msg', 'it is malformed')}.")


def _told(status: int, sentence: str) -> Response:
    log.info("refused: %s", sentence)
    return answer(Refusal(status, sentence))
