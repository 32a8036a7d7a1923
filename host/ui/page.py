"""The page: one tab per plugin, and the Plugins tab."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from host import access
from host.access.operator import is_local
from host.executors.status import Status
from host.host import Host
from host.images import Limits
from host.plugins import Found, PluginError
from host.ui import links, start, status
from host.ui.blocks import Page
from host.ui.components import QUIET, ImageInput
from host.ui.tab import TabError, fill, show_error

if TYPE_CHECKING:
    from host.reload import Watch
    from host.ui.live import LiveTab

log = logging.getLogger("host.page")

_NAMES = Path(__file__).with_name("names.js")
_REFRESH = 3.0  # seconds between looks at the workers while a page is open
_REFRESHES = 10  # of all pages in a second: with many open each looks less often


def build_page(host: Host, watch: Watch | None = None) -> Page:
    """Build every tab. A plugin whose tab cannot be built gets one that says why.

    watch: its plugins' tabs are built anew when their files change.

    Raises PluginError for such a plugin when the settings are strict.
    """
    settings = host.settings
    ImageInput.limits = Limits(
        max_bytes=int(settings.max_upload_mb * 1e6), max_pixels=int(settings.max_megapixels * 1e6)
    )
    errors = {each.found.name: each.found.error for each in host.plugins if each.found.error}
    while True:
        try:
            return _build(host, errors, watch)
        except TabError as error:
            if settings.strict:
                raise PluginError(f"Plugin {error.name}: its tab failed: {error}") from error
            # An exception leaves a half-built tab in the page, so the page is begun again
            # without it. (Rehearsing each tab in a Blocks of its own would cost every start
            # 0.2 s a plugin: each Blocks builds a whole web app.)
            log.error("the tab of plugin %s could not be built", error.name, exc_info=error)
            errors[error.name] = str(error)


def _build(host: Host, errors: dict[str, str], watch: Watch | None) -> Page:
    names = [loaded.found.name for loaded in host.plugins]
    lines: dict[int, tuple[Callable[[Found, list[Status]], str], gr.HTML]] = {}
    live_tabs: list[LiveTab] = []
    with Page(host, title=host.settings.title, analytics_enabled=False) as page:
        gr.Markdown(f"# {host.settings.title}", elem_id="title")
        access.sign_out_button(host.settings)
        with gr.Tabs() as tabs:
            usable = [each.found for each in host.plugins if each.found.usable]
            shown = [each.plugin for each in usable if each.plugin and each.name not in errors]
            if len(shown) > 1 and watch is None:  # an author's page opens on the plugin at work
                with gr.Tab("Start", id=start.ID):
                    start.build(shown, tabs)
            for position, (found, workers) in enumerate(host.statuses()):
                place = watch.place_of(found) if watch else None
                if found.missing and place is None:  # told in the Plugins tab
                    continue
                with gr.Tab(found.title, id=found.name) as tab:
                    if found.name in errors and place is None:
                        show_error(found, errors[found.name], is_local(host.settings))
                        continue
                    view = gr.HTML(status.line(found, workers))
                    if place is None:
                        lines[position] = status.line, view
                        fill(host.plugins[position], names, host.settings.load_limit)
                    else:
                        from host.ui.live import LiveTab

                        live_tabs.append(LiveTab(host, position, place, tab))
                        lines[position] = live_tabs[-1].worker_line, view
            with gr.Tab("Plugins", id="plugins-tab"):
                table = status.build_tab(host)
        links.add(page)
        page.load(None, None, None, js=_NAMES.read_text())

        def refresh() -> list[Any]:
            statuses = host.statuses()
            texts = [line(*statuses[position]) for position, (line, _) in lines.items()]
            return [*texts, status.table(statuses, is_local(host.settings)), timer_for_all()]

        def timer_for_all() -> gr.Timer:
            return gr.Timer(max(_REFRESH, page.visitors.pages / _REFRESHES))

        timer = gr.Timer(_REFRESH)
        outputs = [*(view for _, view in lines.values()), table, timer]
        page.load(refresh, None, outputs, **QUIET)
        timer.tick(refresh, None, outputs, queue=False, **QUIET)
        # Whoever leaves is noticed in host.ui.leaving; but without an unload event Gradio's pages
        # and clients would keep no connection open by which it could be.
        page.unload(lambda: None)
        if watch is not None and live_tabs:
            from host.ui.live import follow

            follow(host, live_tabs, watch)
    return page
