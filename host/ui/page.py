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


def build_page(host: Host) -> gr.Blocks:
    """Build every tab. A plugin whose tab cannot be built gets one that says why.

    Raises PluginError for such a plugin when the settings are strict.
    """
    settings = host.settings
    ImageInput.limits = Limits(
        max_bytes=int(settings.max_upload_mb * 1e6), max_pixels=int(settings.max_megapixels * 1e6)
    )
    taken: set[str] = set()
    lines: list[tuple[Loaded, gr.HTML]] = []
    with gr.Blocks(title=settings.title, analytics_enabled=False) as page:
        gr.Markdown(f"# {settings.title}", elem_id="title")
        for loaded in host.plugins:
            with gr.Tab(loaded.found.title, id=loaded.found.name):
                if line := _build_tab(page, loaded, taken, settings.strict):
                    lines.append((loaded, line))
        with gr.Tab("Plugins", id="plugins"):
            table = status.build_tab(host)

        def refresh() -> list[str]:
            workers = {found.name: states for found, states in host.statuses()}
            texts = [status.line(each.found, workers[each.found.name]) for each, _ in lines]
            return [*texts, status.table(host)]

        def left(request: gr.Request) -> None:
            if request.session_hash:
                host.forget(request.session_hash)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs = [*(line for _, line in lines), table]
        page.load(refresh, None, outputs, **quiet)
        gr.Timer(_REFRESH).tick(refresh, None, outputs, queue=False, **quiet)
        page.unload(left)
    return page


def _build_tab(page: gr.Blocks, loaded: Loaded, taken: set[str], strict: bool) -> gr.HTML | None:
    """Fill the open tab. Returns the worker line, or None for a broken plugin."""
    plugin = loaded.found.plugin
    error = loaded.found.error
    if plugin is not None and not error:
        try:
            build = _builder(plugin.tab)
            # Once for nothing: an exception in the real tab would leave it half built.
            with gr.Blocks(analytics_enabled=False) as rehearsal:
                build(loaded.backend)
            names = events.public_names(rehearsal.fns)
            if clash := sorted(name for name in names & taken if name.startswith(plugin.name)):
                raise ValueError(f"the event name {clash[0]} is already another plugin's")
            taken |= names
        # A plugin's own code: whatever it raises must not reach the other tabs.
        except (Exception, SystemExit) as problem:
            if strict:
                raise PluginError(f"Plugin {plugin.name}: its tab failed: {problem}") from problem
            log.exception("the tab of plugin %s could not be built", plugin.name)
            error = f"{type(problem).__name__}: {problem}"
        else:
            line = gr.HTML(status.line(loaded.found, [e.status() for e in loaded.executors]))
            before = set(page.fns)
            build(loaded.backend)
            for number in page.fns.keys() - before:
                events.adopt(page.fns[number], plugin, max(1, len(loaded.executors)))
            return line
    gr.HTML(
        "<div class='worker-broken' role='alert'>"
        f"<b>{escape(loaded.found.title)} could not be loaded.</b> {escape(error)}<br>"
        f"<small>It comes {escape(loaded.found.origin)}. The other tabs work; the log has the "
        "details.</small></div>"
    )
    return None


def _builder(dotted: str) -> Callable[[Any], None]:
    module, _, name = dotted.partition(":")
    builder: Callable[[Any], None] = getattr(importlib.import_module(module), name)
    return builder
