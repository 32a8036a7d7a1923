"""The page: one tab per plugin, and the Plugins tab."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from host.host import Host, Loaded
from host.images import Limits
from host.plugins import PluginError
from host.ui import events, status
from host.ui.components import ImageInput

log = logging.getLogger("host.page")

_REFRESH = 3.0  # seconds between looks at the workers while a page is open
_FORGET_UPLOADS = (600, 3600)  # every 10 minutes, files older than an hour


class _TabError(Exception):
    """A tab could not be built."""

    def __init__(self, name: str, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.name = name


def build_page(host: Host) -> gr.Blocks:
    """Build every tab. A plugin whose tab cannot be built gets one that says why.

    Raises PluginError for such a plugin when the settings are strict.
    """
    settings = host.settings
    ImageInput.limits = Limits(
        max_bytes=int(settings.max_upload_mb * 1e6), max_pixels=int(settings.max_megapixels * 1e6)
    )
    errors = {each.found.name: each.found.error for each in host.plugins if each.found.error}
    while True:
        try:
            return _build(host, errors)
        except _TabError as error:
            if settings.strict:
                raise PluginError(f"Plugin {error.name}: its tab failed: {error}") from error
            # An exception leaves a half-built tab in the page, so the page is begun again
            # without it. (Rehearsing each tab in a Blocks of its own would cost every start
            # 0.2 s a plugin: each Blocks builds a whole web app.)
            log.error("the tab of plugin %s could not be built", error.name, exc_info=error)
            errors[error.name] = str(error)


def _build(host: Host, errors: dict[str, str]) -> gr.Blocks:
    names = [loaded.found.name for loaded in host.plugins]
    lines: list[tuple[Loaded, gr.HTML]] = []
    with gr.Blocks(
        title=host.settings.title, analytics_enabled=False, delete_cache=_FORGET_UPLOADS
    ) as page:
        gr.Markdown(f"# {host.settings.title}", elem_id="title")
        for loaded in host.plugins:
            with gr.Tab(loaded.found.title, id=loaded.found.name):
                if loaded.found.name in errors:
                    _build_error_tab(loaded, errors[loaded.found.name])
                else:
                    lines.append((loaded, _build_tab(page, loaded, names)))
        with gr.Tab("Plugins", id="plugins"):
            table = status.build_tab(host)

        def refresh() -> list[str]:
            statuses = host.statuses()
            workers = {found.name: states for found, states in statuses}
            texts = [status.line(each.found, workers[each.found.name]) for each, _ in lines]
            return [*texts, status.table(statuses, status.is_local(host))]

        def left(request: gr.Request) -> None:
            if request.session_hash:
                host.forget(request.session_hash)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs = [*(line for _, line in lines), table]
        page.load(refresh, None, outputs, **quiet)
        gr.Timer(_REFRESH).tick(refresh, None, outputs, queue=False, **quiet)
        page.unload(left)
    return page


def _build_tab(page: gr.Blocks, loaded: Loaded, names: list[str]) -> gr.HTML:
    """Fill the open tab. Returns its worker line. Raises _TabError whatever goes wrong."""
    plugin = loaded.found.plugin
    assert plugin is not None
    line = gr.HTML(status.line(loaded.found, [each.status() for each in loaded.executors]))
    before = set(page.fns)
    try:
        _builder(plugin.tab)(loaded.backend)
        for number in page.fns.keys() - before:
            events.adopt(page.fns[number], plugin, max(1, len(loaded.executors)), names)
    # A plugin's own code: whatever it raises must not reach the other tabs.
    except (Exception, SystemExit) as error:
        raise _TabError(plugin.name, error) from error
    return line


def _build_error_tab(loaded: Loaded, error: str) -> None:
    gr.HTML(
        "<div class='worker-broken' role='alert'>"
        f"<b>{escape(loaded.found.title)} could not be loaded.</b> {escape(error)}<br>"
        f"<small>It comes {escape(loaded.found.origin)}. The other tabs work; the log has the "
        "details.</small></div>"
    )


def _builder(dotted: str) -> Callable[[Any], None]:
    module, _, name = dotted.partition(":")
    builder: Callable[[Any], None] = getattr(importlib.import_module(module), name)
    return builder
