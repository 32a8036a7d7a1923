"""Serve the page: settings -> Host -> Gradio Blocks -> HTTP. Import it before Gradio."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

# Before Gradio is imported: the app contacts nobody unless told to. Where visitors' files lie,
# host.uploads has decided.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# Nor does it keep a record of 10,000 events, 6 MB, and sum all of them up after each, 9 ms.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")

# Everything imported and built until the page is served stays for good: searching it for garbage
# again and again would cost a tenth of the start.
gc.disable()

from host import access, heap, logs, mcp, uploads, web  # noqa: E402
from host.devices import DeviceError  # noqa: E402
from host.host import Host  # noqa: E402
from host.plugins import PluginError  # noqa: E402
from host.settings import Settings  # noqa: E402
from host.shipped import shipped  # noqa: E402
from host.ui.page import build_page  # noqa: E402
from host.ui.theme import theme  # noqa: E402
from host.web import proxies  # noqa: E402

if TYPE_CHECKING:
    from host.reload import Watch

_LAST_ANSWERS = 2.0  # seconds in which they reach their visitors
THREADS = 200  # a call that waits for a worker holds one


def serve(settings: Settings) -> None:
    """Serve until a signal ends it. Exits with a sentence when it cannot begin."""
    heap.keep_pictures_out()
    logs.configure(settings.log_level, settings.log_format)
    if settings.log_format == "json":
        logs.capture_prints()
    uploads.warn(settings.uploads)
    watch = _watch(settings) if settings.reload else None
    try:
        if settings.mcp:
            mcp.require()
        with Host(settings) as host:
            _serve(host, watch)
    except (DeviceError, PluginError, access.AccessError, mcp.McpError) as error:
        sys.exit(f"triptych: {error}")


def _serve(host: Host, watch: Watch | None) -> None:
    settings = host.settings
    login = access.login(settings)  # first, for a page with a login cannot be built without
    page = build_page(host, watch)
    page.queue(api_open=False)  # how many may wait, host.web.edge decides
    proxies.take_over()
    try:
        _, url, _ = page.launch(
            server_name=settings.host,
            server_port=settings.port or None,
            prevent_thread_lock=True,
            max_threads=THREADS,
            max_file_size=int(settings.max_upload_mb * 1e6),
            theme=theme(),
            css_paths=[shipped("assets", "triptych.css"), *host.css],
            run_history=False,  # it would keep visitors' faces in their browsers
            state_session_capacity=settings.limits.sessions,
            mcp_server=False,  # host.mcp is one
            app_kwargs=web.app_kwargs(host, page),
            **login,
            show_error=True,
            ssr_mode=False,
            quiet=True,
            share=False,
            _frontend=False,  # it would ask itself for the page, and give up on a busy machine
        )
    except OSError as error:
        sys.exit(
            f"triptych: {settings.host}:{settings.port} cannot be served: {error} (--host, --port)"
        )
    logs.adopt("uvicorn", "uvicorn.error")
    gc.freeze()
    gc.enable()
    print(f"{settings.title} is at {url}", flush=True)
    host.warm_up(delay=1.0)  # the first page comes first
    finished = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: finished.set())
    while not finished.wait(1.0):  # a signal's handler runs when this thread wakes
        pass
    host.stop()  # first, so that running calls end with a sentence
    page.app.stop_event.set()  # the open pages' heartbeats
    page.server.should_exit = True  # as page.close() does, which waits longer for open pages
    page.server.thread.join(_LAST_ANSWERS)


def _watch(settings: Settings) -> Watch:
    from host import reload

    return reload.Watch(reload.places(settings))
