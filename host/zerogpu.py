"""ZeroGPU: a Space's hardware that lends a GPU for as long as one call takes.

What borrows one must be a function decorated by the package ``spaces``, which Hugging Face
installs there. It runs the function in a fork of the web process, where the GPU is real; in the
web process itself there is none. So the backend lives in that fork, built at its first call.
"""

from __future__ import annotations

import inspect
import os
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass, fields
from typing import Any

from host import caller
from host.backend import Backend
from host.devices import Device
from host.plugin import UserError
from host.settings import PluginSettings
from host.worker import BackendSpec

FRAMEWORK = "torch"  # the only one that ZeroGPU serves
LONGEST = 120  # seconds; what is asked for must be left of a visitor's share of the day
DEVICE = Device("cuda", 0, "ZeroGPU, a GPU for each call")

Answers = Generator[tuple[str, Any], None, None]

_requests: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
"""The Gradio request of each caller's id, while its event runs."""


def here() -> bool:
    """Whether this is a ZeroGPU Space."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def serves(framework: str | None, devices: list[str]) -> bool:
    """Whether a plugin with this framework and these ``device`` settings borrows GPUs here."""
    return here() and framework == FRAMEWORK and devices != ["cpu"]


def adapted(settings: PluginSettings) -> PluginSettings:
    """A plugin's settings for a borrowed GPU."""
    limit = min(settings.time_limit, LONGEST)
    return settings.model_copy(update={"executor": "inline", "time_limit": limit})


@dataclass(frozen=True)
class LentSpec(BackendSpec):
    """A spec whose backend borrows a GPU for each call."""

    run: Callable[..., Answers] | None = None

    def build(self) -> Any:
        return _Lent(self)


def lent(spec: BackendSpec, seconds: float) -> LentSpec:
    """The same backend, borrowing. To be called before the page is launched: ZeroGPU looks then.

    seconds: the longest that one call may have a GPU.
    """
    import spaces  # before torch, which it prepares

    given = {field.name: getattr(spec, field.name) for field in fields(BackendSpec)}
    built: list[Any] = []  # filled in the fork, which may serve several calls

    def run(method: str, args: Any, kwargs: Any) -> Answers:
        if not built:
            built.append(spec.build())  # the backend itself, where the GPU is
        yield from _answers(getattr(built[0], method), args, kwargs)

    decorated = spaces.GPU(run, duration=int(seconds))
    return LentSpec(**given, run=decorated)


def _answers(method: Callable[..., Any], args: Any, kwargs: Any) -> Answers:
    """What a method answers, in pieces that cross from the fork; a UserError is one of them."""
    try:
        result = method(*args, **kwargs)
        if inspect.isgenerator(result):
            yield "stream", None
            result = yield from _labelled(result)
        yield "value", result
    except UserError as error:
        yield "refused", str(error)


def _labelled(stream: Any) -> Generator[tuple[str, Any], None, Any]:
    try:
        while True:
            yield "output", next(stream)
    except StopIteration as stop:
        return stop.value
    finally:
        stream.close()


class LendingBackend(Backend):
    """Remembers who calls: ZeroGPU charges the visitor's own share where it knows the request."""

    def _invoke(self, method: str, *args: Any, **kwargs: Any) -> Any:
        from gradio.context import LocalContext

        if (request := LocalContext.request.get(None)) is not None:
            _requests[caller.current().id] = request
        return super()._invoke(method, *args, **kwargs)


class _Lent:
    """Stands in the web process for the backend."""

    def __init__(self, spec: LentSpec) -> None:
        self._spec = spec

    def health(self) -> dict[str, str]:
        return {"device": DEVICE.label}

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_") or method == "close":
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            assert self._spec.run is not None
            answers = self._spec.run(method, args, kwargs)
            kind, value = _first(answers)
            return _outputs(answers) if kind == "stream" else _value(kind, value)

        return call


def _first(answers: Answers) -> tuple[str, Any]:
    """Borrow a GPU and wait for the first answer. Raises UserError when none is lent."""
    import gradio as gr
    from gradio.context import LocalContext

    token = LocalContext.request.set(_requests.get(caller.current().id))
    try:
        return next(answers)
    except gr.Error as error:
        if "worker error" in error.title:  # a failure of our own code, without its text
            raise
        raise UserError(str(error.message)) from error
    finally:
        LocalContext.request.reset(token)


def _outputs(answers: Answers) -> Generator[Any, None, Any]:
    """The rest of a stream. Closing it ends what runs on the GPU."""
    try:
        for kind, value in answers:
            if kind != "output":
                return _value(kind, value)
            yield value
    finally:
        answers.close()


def _value(kind: str, value: Any) -> Any:
    if kind == "refused":
        raise UserError(value)
    return value
