"""Whether the app is alive, and whether it is ready for visitors."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from host.executors.status import best
from host.host import Host, Loaded


async def healthz(request: Request) -> Response:
    """200 while the web process answers at all."""
    return PlainTextResponse("ok")


def readyz(host: Host) -> Callable[[Request], Response]:
    """200 once every worker has been started once, 503 before that and while the app stops.

    A plugin that is broken is named, and does not make the app unready: the others work.
    """

    def answer(request: Request) -> Response:
        ready = host.ready
        states = {loaded.found.name: state(loaded) for loaded in list(host.plugins)}
        return JSONResponse({"ready": ready, "plugins": states}, 200 if ready else 503)

    return answer


def state(loaded: Loaded) -> str:
    """The best of a plugin's workers' states; "ready" for one that needs none.

    "broken" and "missing" (not installed) are also those of a plugin that could not be loaded.
    """
    if loaded.found.error:
        return "broken"
    if loaded.found.missing:
        return "missing"
    return best(executor.status().state for executor in list(loaded.executors)) or "ready"
