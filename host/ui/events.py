"""What the host adds to every event function of a plugin's tab."""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.context import LocalContext

from host import caller
from host.executors.call import WorkerError
from host.plugin import Plugin, UserError

log = logging.getLogger("host.events")


def claim(functions: Iterable[BlockFunction], taken: set[str]) -> set[str]:
    """API names of a plugin's public events. Raises ValueError if another plugin has one."""
    names = {
        function.api_name
        for function in functions
        if isinstance(function.api_name, str) and function.api_visibility == "public"
    }
    for name in sorted(names):
        # Gradio renames the second of two equal names by appending _1.
        if name in taken or re.sub(r"_\d+$", "", name) in taken:
            raise ValueError(f"the event name {name} is already another plugin's")
    return names


def adopt(function: BlockFunction, plugin: Plugin, workers: int) -> None:
    """Make a Gradio event the host's: who calls is known, and errors are sentences.

    Events named ``<plugin>_<action>`` are public and share the plugin's workers; all others are
    the page's own business and are hidden from API clients.
    """
    if function.fn is not None:
        function.fn = guard(function.fn, plugin.title)
    if (function.api_name or "").startswith(f"{plugin.name}_"):
        function.concurrency_id = f"plugin:{plugin.name}"
        function.concurrency_limit = workers
    else:
        function.api_visibility = "private"


def guard(fn: Callable[..., Any], title: str) -> Callable[..., Any]:
    """Run ``fn`` on behalf of the visitor whose event this is, and explain what it raises."""
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
            who = _caller()
            steps = fn(*args, **kwargs)
            try:
                while True:
                    # Each step may run in another thread, so the caller is set anew.
                    with caller.acting_for(who):
                        try:
                            step = next(steps)
                        except StopIteration:
                            return
                        except Exception as error:
                            raise _explain(error, title, who) from error
                    yield step
            finally:
                steps.close()

        return stream

    if inspect.iscoroutinefunction(fn):

        @functools.wraps(fn)
        async def wait(*args: Any, **kwargs: Any) -> Any:
            who = _caller()
            with caller.acting_for(who):
                try:
                    return await fn(*args, **kwargs)
                except Exception as error:
                    raise _explain(error, title, who) from error

        return wait

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        who = _caller()
        with caller.acting_for(who):
            try:
                return fn(*args, **kwargs)
            except Exception as error:
                raise _explain(error, title, who) from error

    return run


def _caller() -> caller.Caller:
    request = LocalContext.request.get(None)
    return caller.Caller(visitor=getattr(request, "session_hash", None))


def _explain(error: Exception, title: str, who: caller.Caller) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, UserError):
        text = str(error)
    elif isinstance(error, WorkerError):
        text = f"{error} (call {who.id})"
    else:
        log.exception("an event of %s failed", title)
        text = f"Something went wrong in {title} (call {who.id})."
    return gr.Error(text, title=title, print_exception=False)
