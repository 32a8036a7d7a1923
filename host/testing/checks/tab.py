"""The tab builds, again and again, without a framework in the web process."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from host.plugins import PluginError
from host.settings import PluginSettings, Settings
from host.sources import BUILT_IN
from host.testing.imports import FRAMEWORKS
from host.testing.stage import CannotGoOn, Stage

CHECK = "tab builds twice"


def check(stage: Stage) -> None:
    """Make a host with this plugin alone, and its page. Raises CannotGoOn without a page."""
    # Gradio takes seconds to import, and that is not the plugin's time.
    stage.step("importing Gradio", 60)
    import host.ui.page  # noqa: F401

    stage.step("making a host with it", stage.options.time_limit)
    _open_host(stage)
    built = []
    for attempt in ("", " the second time"):
        stage.step(f"building the tab{attempt}", stage.options.time_limit)
        stage.explicit = []
        built.append(_build(stage, attempt))
    stage.page = built[1]
    first, second = (sorted(_names(page)) for page in built)
    if first != second:
        other = ", ".join(sorted(set(first) ^ set(second)))
        stage.problem(
            CHECK,
            f"Building the tab twice gives other events ({other}): keep nothing at the top of "
            "its module that build() changes.",
        )
    stage.functions = [
        function
        for function in stage.page.fns.values()
        if function.api_visibility == "public" and function.api_name in second
    ]
    stage.frameworks = stage.watcher.imported_by(stage.code, FRAMEWORKS)
    for framework in stage.frameworks:
        stage.problem(
            CHECK,
            f"The tab imports {framework}. Leave it to the backend: the web process serves "
            "every plugin and must stay small.",
        )


def _open_host(stage: Stage) -> None:
    from host.host import Host

    name, options = stage.plugin.name, stage.options
    own = stage.settings.for_plugin(name).model_dump(exclude_none=True)
    own.update(device=["cpu"], executor="process", time_limit=options.time_limit)
    if options.interpreter:
        own["interpreter"] = options.interpreter
    # A cache of its own, except for the published weights that are already here.
    cache, weights = options.folder / "cache", stage.settings.cache / "weights"
    cache.mkdir()
    if weights.is_dir():
        (cache / "weights").symlink_to(weights)
    settings = Settings(
        plugin=stage.settings.plugin,
        safe_mode=stage.found.origin == BUILT_IN,
        only=[name],
        offline=True,
        strict=False,
        reload=False,
        cache=cache,
        plugins={name: PluginSettings(**own)},
    )
    try:
        stage.host = Host(settings)
    except PluginError as error:
        stage.problem(CHECK, f"The host refuses it: {error}")
        raise CannotGoOn from error
    (stage.loaded,) = stage.host.plugins
    if stage.loaded.found.error:
        clash = stage.loaded.found.plugin is None or stage.loaded.found.origin != stage.found.origin
        stage.problem("event names" if clash else CHECK, f"{stage.loaded.found.error}.")
        raise CannotGoOn
    stage.host.settings = settings.model_copy(update={"strict": True})


def _build(stage: Stage, attempt: str) -> Any:
    from host.ui.page import build_page

    try:
        with _explicit_names(stage.explicit), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", UserWarning)
            page = build_page(stage.host)
    except PluginError as error:
        trace = "".join(traceback.format_exception(error))
        place = stage.code.last_line(trace)
        where = f" at {place}" if place else ""
        cause = str(error).partition("its tab failed: ")[2] or str(error)
        stage.problem(
            CHECK,
            f"{stage.plugin.tab} fails{attempt}{where}: {cause}. "
            "There is no tab until it is mended.",
        )
        raise CannotGoOn from error
    for text in {str(each.message) for each in warned} if attempt else ():
        if text.startswith("Expected "):  # Gradio's, of a function with other parameters
            stage.problem(CHECK, f"{' '.join(text.split())}: give an event one input for each.")
    return page


@contextmanager
def _explicit_names(names: list[str]) -> Iterator[None]:
    """Collect the ``api_name`` arguments of public events.

    A finished page no longer tells them from the names that Gradio makes of functions' names.
    """
    from gradio.blocks import BlocksConfig

    original = BlocksConfig.set_event_trigger

    def spy(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = kwargs.get("api_name")
        if isinstance(name, str) and name and kwargs.get("api_visibility") == "public":
            names.append(name)
        return original(self, *args, **kwargs)

    BlocksConfig.set_event_trigger = spy
    try:
        yield
    finally:
        BlocksConfig.set_event_trigger = original


def _names(page: Any) -> list[str]:
    """Of the public events that are a plugin's; the host gives those a concurrency id."""
    return [
        function.api_name
        for function in page.fns.values()
        if function.api_visibility == "public"
        and str(function.concurrency_id).startswith("plugin:")
    ]
