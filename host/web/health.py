"""Whether the app is alive, and whether it is ready for visitors."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from host.host import Host


def healthz(request: Request) -> Response:
    """200 while the web process answers at all."""
    return PlainTextResponse("ok")


def readyz(host: Host) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return PlainTextResponse("ready")

    return answer
