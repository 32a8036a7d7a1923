"""What the host adds to every event function of a plugin's tab."""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.context import LocalContext

from host import caller
from host.executors.call import CallCancelled, WorkerError
from host.plugin import Plugin, UserError, owner_of
from host.ui import own_lines

log = logging.getLogger("host.events")

WAITING = 8
"""Events of a kind that may wait for a plugin's worker; each holds a thread."""

_END = object()


class _Stopped(gr.Error):
    """The visitor stopped the call before it had an answer."""


def adopt(
    function: BlockFunction,
    plugin: Plugin,
    workers: int,
    plugin_names: Collection[str],
    author_folder: Path | None = None,
) -> None:
    """Make a Gradio event the host's: who calls is known, and errors are sentences.

    Events named ``<plugin>_<action>`` are public and share the plugin's workers; all others are
    the page's own business and are hidden from API clients. More events run at once than there
    are workers: the others wait in the executor, where their visitor's Stop reaches them, which
    it does not in Gradio's queue.

    author_folder: the plugin's code, when its author wants its lines of a traceback in each error.

    Raises ValueError for a name that belongs to another plugin.
    """
    if function.fn is not None:
        function.fn = guard(function.fn, plugin.title, author_folder)
        function.fn.of_plugin = plugin.title  # for what Gradio does around it
    name = function.api_name if isinstance(function.api_name, str) else ""
    owner = owner_of(name, plugin_names)
    if function.queue:
        function.concurrency_limit = workers + WAITING
    if not owner:
        function.api_visibility = "private"
    elif owner == plugin.name:
        function.concurrency_id = f"plugin:{plugin.name}"
    else:
        raise ValueError(f"the event name {name} belongs to the plugin {owner}")


def guard(
    fn: Callable[..., Any], title: str, author_folder: Path | None = None
) -> Callable[..., Any]:
    """Run ``fn`` on behalf of the visitor whose event this is, and explain what it raises."""
    on_behalf_of = functools.partial(_on_behalf_of, title=title, author_folder=author_folder)
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
            who = _caller()
            with contextlib.closing(fn(*args, **kwargs)) as steps:
                while True:
                    # Each step may run in another thread, so the caller is set anew.
                    try:
                        with on_behalf_of(who):
                            step = next(steps, _END)
                    except _Stopped as stopped:  # what is shown stays, unmarked
                        gr.Info(stopped.message, title=title)
                        return
                    if step is _END:
                        return
                    yield step

        return stream

    if inspect.isasyncgenfunction(fn):

        @functools.wraps(fn)
        async def stream_async(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            who = _caller()
            async with contextlib.aclosing(fn(*args, **kwargs)) as steps:
                while True:
                    try:
                        with on_behalf_of(who):
                            step = await anext(steps, _END)
                    except _Stopped as stopped:
                        gr.Info(stopped.message, title=title)
                        return
                    if step is _END:
                        return
                    yield step

        return stream_async

    if inspect.iscoroutinefunction(fn):

        @functools.wraps(fn)
        async def wait(*args: Any, **kwargs: Any) -> Any:
            with on_behalf_of(_caller()):
                return await fn(*args, **kwargs)

        return wait

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        with on_behalf_of(_caller()):
            return fn(*args, **kwargs)

    return run


@contextlib.contextmanager
def _on_behalf_of(who: caller.Caller, title: str, author_folder: Path | None) -> Iterator[None]:
    with caller.acting_for(who):
        try:
            yield
        # sys.exit() in a tab's function would end the server.
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise _explain(error, title, who, author_folder) from error


def _caller() -> caller.Caller:
    request = LocalContext.request.get(None)
    client = getattr(request, "client", None)
    return caller.Caller(
        visitor=getattr(request, "session_hash", None),
        user=getattr(request, "username", None),
        address=getattr(client, "host", None),
    )


def _explain(
    error: BaseException, title: str, who: caller.Caller, author_folder: Path | None
) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, CallCancelled):
        return _Stopped(str(error), title=title, print_exception=False)
    if isinstance(error, UserError):
        text = str(error)
    elif isinstance(error, WorkerError):
        text = f"{error} (call {who.id})"
    else:
        log.exception("an event of %s failed", title)
        text = f"Something went wrong in {title} (call {who.id})."
    if author_folder is not None and not isinstance(error, UserError):
        trace = getattr(error, "trace", "") or own_lines.trace_of(error)
        text += own_lines.html(trace, author_folder)
    return gr.Error(text, title=title, print_exception=False)
