"""Tabs of live development: their contents are built anew when their plugin changes.

Imported in reload mode only. What a tab holds is a ``gr.render``: a page that is open renders it
when it hears of a new generation, and nothing else on that page is touched. The page that new
visitors and API clients get is brought up to date as well, which ``gr.render`` alone would not do.
"""

from __future__ import annotations

import contextvars
import copy
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block, BlockContext
from gradio.context import LocalContext, get_blocks_context, get_render_context

from host import reload
from host.executors.status import Status
from host.host import Host, Loaded
from host.plugins import Found
from host.ui import own_lines, status
from host.ui.components import QUIET
from host.ui.tab import TabError, fill, show_error

log = logging.getLogger("host.reload")

_LOOK = 1.0  # seconds between a page's looks at the generations


class LiveTab:
    """The contents of one open ``gr.Tab``, below the worker line.

    position: of its plugin in ``host.plugins``.
    """

    def __init__(self, host: Host, position: int, place: reload.Place, tab: gr.Tab) -> None:
        self.position, self.place, self.tab = position, place, tab
        self.number = 0
        self._host = host
        self._page = gr.context.Context.root_block
        assert self._page is not None
        # Outside the tab: in a hidden one Gradio takes the first look at a state for a change.
        self.generation = gr.State(0, render=False)
        gr.render(triggers=[self.generation.change], show_progress="hidden")(self._contents)
        self._rendered = self._page.renderables[-1]
        contextvars.copy_context().run(self._render, self._page.default_config)

    @property
    def loaded(self) -> Loaded:
        return self._host.plugins[self.position]

    def worker_line(self, found: Found, workers: list[Status]) -> str:
        """``status.line``, with the author's lines when the backend could not be built."""
        line = status.line(found, workers)
        trace = next((each.trace for each in workers if each.state == "broken"), "")
        folder = self.place.folder
        return line + (own_lines.html(trace, folder) if trace and folder else "")

    def rebuild(self) -> None:
        """Build the contents for those who come from now on, and tell the open pages."""
        page = self._page
        assert page is not None
        config = copy.copy(page.default_config)
        contextvars.copy_context().run(self._render, config)
        config.blocks = {key: config.blocks[key] for key in _reachable(page, config.blocks)}
        self.number += 1
        # Pages that are open keep the old state, or they would not notice.
        for block, key, value in (
            (self.generation, "value", self.number),
            (self.tab, "label", self.loaded.found.title),
        ):
            config.blocks[block._id] = copy.copy(block)
            setattr(config.blocks[block._id], key, value)
        page.default_config = config
        page.config = page.get_config_file()
        app = page.app
        app.api_info = app.all_app_info = None
        app.page_api_info.clear()

    def _render(self, config: Any) -> None:
        LocalContext.blocks_config.set(config)
        self._rendered.apply()
        # Of the two containers, the page's layout knows the first.
        self._rendered.container.children = config.blocks[self._rendered.container_id].children

    def _contents(self) -> None:
        config, container = get_blocks_context(), get_render_context()
        assert config is not None and container is not None
        for number, function in list(config.fns.items()):
            if function.rendered_in is self._rendered:  # its event names are free again
                del config.fns[number]
        before = set(config.fns)
        found, folder = self.loaded.found, self.place.folder or Path()
        error, cause = found.error or found.missing, found.cause
        if not error:
            names = [each.found.name for each in self._host.plugins]
            try:
                fill(self.loaded, names, self._host.settings.load_limit, folder)
            except TabError as raised:
                if self._host.settings.strict and not self.number:
                    raise
                error, cause = str(raised), raised.__cause__
                log.error("the tab of plugin %s could not be built", found.name, exc_info=raised)
        if error:
            container.children.clear()  # half a tab
            for number in set(config.fns) - before:
                del config.fns[number]
            lines = own_lines.html(own_lines.trace_of(cause), folder) if cause else ""
            show_error(found, error, True, lines)
        else:
            _settle_interactive(
                config.blocks, [config.fns[key] for key in set(config.fns) - before]
            )


def _settle_interactive(blocks: Mapping[int, Block], functions: Sequence[BlockFunction]) -> None:
    """Say which components take input, as Gradio's page finds out for a tab that is not rendered.

    For a rendered one the page only knows the events that were there when it was opened.
    """
    inputs = {block._id for function in functions for block in function.inputs}
    outputs = {block._id for function in functions for block in function.outputs}
    for block in (blocks[key] for key in {*inputs, *outputs} & blocks.keys()):
        if getattr(block, "interactive", False) is None:
            block.interactive = block._id in inputs


def follow(host: Host, tabs: Sequence[LiveTab], watch: reload.Watch) -> None:
    """Rebuild these tabs of the open page whenever the files of their plugins change."""

    def changed(place: reload.Place) -> None:
        log.warning("%s has changed: it is loaded anew", place.where)
        found = _found_anew(place, host)
        own = [tab for tab in tabs if tab.place == place]
        if len(found) != len(own):
            log.warning(
                "%s has %d plugins now and had %d: start Triptych again to see all its tabs",
                place.where,
                len(found),
                len(own),
            )
        by_name = {item.name: item for item in found}
        names = {tab.loaded.found.name for tab in own}
        new = [  # renamed, or broken; not one that --only left out from the start
            item
            for item in found
            if item.name not in names and (len(found) == len(own) or host.settings.wants(item.name))
        ]
        for tab in own:
            item = by_name.get(tab.loaded.found.name) or (new.pop(0) if new else None)
            if item is not None:
                reload.put(host, tab.position, item)
                tab.rebuild()

    def look(*known: int) -> list[Any]:
        answers: list[Any] = []
        for tab, generation in zip(tabs, known, strict=True):
            if tab.number == generation:
                answers += [gr.skip(), gr.skip()]
            else:
                answers += [tab.number, gr.update(label=tab.loaded.found.title)]
        return answers

    states = [tab.generation.render() for tab in tabs]
    outputs = [block for tab in tabs for block in (tab.generation, tab.tab)]
    gr.Timer(_LOOK).tick(look, states, outputs, **QUIET)
    watch.start(changed)


def _found_anew(place: reload.Place, host: Host) -> list[Found]:
    try:
        return reload.find_anew(place, host.settings)
    except Exception as error:
        log.exception("%s could not be loaded anew", place.where)
        stem = Path(place.where).stem
        told = f"{type(error).__name__}: {error}"
        return [Found(stem, stem, place.origin, error=told, cause=error)]


def _reachable(root: Block, blocks: dict[int, Block]) -> list[int]:
    """Ids of the blocks that the layout holds; those of earlier generations are not among them."""
    found: list[int] = []
    waiting: list[Block] = [root]
    while waiting:
        block = waiting.pop()
        if block._id in blocks:
            found.append(block._id)
        if isinstance(block, BlockContext):
            waiting += block.children
    return sorted(found)
