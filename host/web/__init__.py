"""What surrounds Gradio's own routes: who may ask, how much, and how the app is doing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware
from starlette.routing import Route

from host import access
from host.host import Host
from host.settings import Settings
from host.ui.blocks import Page
from host.ui.leaving import Presence
from host.web import covers, health, metrics
from host.web.answered import Answered, malformed
from host.web.edge import Edge
from host.web.pages import Pages


def app_kwargs(host: Host, page: Page) -> dict[str, Any]:
    """For ``launch(app_kwargs=...)``: our routes, and what every request passes first."""
    kwargs: dict[str, Any] = {
        "routes": [
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz(host)),
            Route("/covers/{name}", covers.endpoint(host)),
            Route("/metrics", metrics.endpoint(host, page)),
        ],
        "middleware": [
            Middleware(Edge, host=host, page=page),
            *([Middleware(Pages)] if _same_for_all(host.settings) else []),
            *access.middleware(host.settings),
            Middleware(Answered),
            Middleware(Presence, visitors=page.visitors),
        ],
        "exception_handlers": {RequestValidationError: malformed},
    }
    lifespans = [page.visitors.lifespan]
    if host.settings.mcp:
        from host.mcp.server import Tools

        tools = Tools(host, page)
        kwargs["routes"] += [Route("/gradio_api/mcp", tools), Route("/gradio_api/mcp/", tools)]
        lifespans.append(tools.lifespan)
    return {**kwargs, "lifespan": _together(lifespans)}


def _same_for_all(settings: Settings) -> bool:
    """Whether the page names no visitor and stays as it was built."""
    return access.is_open(settings) and not settings.reload


def _together(lifespans: Sequence[Callable[[Any], AbstractAsyncContextManager[None]]]) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for each in lifespans:
                await stack.enter_async_context(each(app))
            yield

    return lifespan
