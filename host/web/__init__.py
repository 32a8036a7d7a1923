"""What surrounds Gradio's own routes: who may ask, how much, and how the app is doing."""

from __future__ import annotations

from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route

from host.host import Host
from host.ui.blocks import Page
from host.web import health, metrics
from host.web.edge import Edge


def app_kwargs(host: Host, page: Page) -> dict[str, Any]:
    """For ``launch(app_kwargs=...)``: our routes, and what every request passes first."""
    return {
        "routes": [
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz(host)),
            Route("/metrics", metrics.endpoint(host, page)),
        ],
        "middleware": [Middleware(Edge, host=host, page=page)],
    }
