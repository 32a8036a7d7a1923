"""The pictures of the Start tab: ``/covers/PLUGIN``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from host.host import Host


def endpoint(host: Host):  # type: ignore[no-untyped-def]  # Starlette's own kind of function
    async def covers(request: Request) -> Response:
        name = request.path_params["name"]
        for loaded in host.plugins:
            plugin = loaded.found.plugin
            if plugin is not None and plugin.name == name and plugin.cover is not None:
                return FileResponse(plugin.cover, headers={"cache-control": "max-age=3600"})
        return PlainTextResponse("There is no such cover.\n", status_code=404)

    return covers
