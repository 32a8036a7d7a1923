"""The figures of :mod:`host.metrics` over HTTP."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from host.host import Host
from host.ui.blocks import Page


def endpoint(host: Host, page: Page) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return PlainTextResponse("")

    return answer
