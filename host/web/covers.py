"""The pictures of the Start tab: ``/covers/PLUGIN``."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from host.host import Host


def endpoint(host: Host) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        plugins = {each.found.name: each.found.plugin for each in host.plugins}
        plugin = plugins.get(request.path_params["name"])
        if plugin is None or plugin.cover is None or not plugin.cover.is_file():
            return PlainTextResponse("There is no such cover.\n", status_code=404)
        return FileResponse(plugin.cover, headers={"cache-control": "max-age=3600"})

    return answer
