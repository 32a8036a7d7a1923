"""The figures of :mod:`host.metrics`, and those of the moment, over HTTP."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator

import gradio
import psutil
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import host as triptych
from host.access import operator
from host.addresses import is_loopback, is_proxied
from host.executors.status import STATES, Status
from host.host import Host
from host.metrics import REGISTRY
from host.plugin import UserError
from host.settings import Settings
from host.ui.blocks import Page

_REFUSAL = (
    "The figures are the operator's: ask from this machine itself, or with the header "
    "'Authorization: Bearer' and the operator token.\n"
)


def endpoint(host: Host, page: Page) -> Callable[[Request], Response]:
    """``/metrics``, for whoever is on this machine or has the operator token."""
    moment = CollectorRegistry()
    moment.register(_Moment(host, page))

    def answer(request: Request) -> Response:
        if not _may_read(request, host.settings):
            return PlainTextResponse(_REFUSAL, 403)
        figures = generate_latest(REGISTRY) + generate_latest(moment)
        return Response(figures, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return answer


def _may_read(request: Request, settings: Settings) -> bool:
    client = request.client
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and operator.token_of(settings):
        try:
            operator.check_token(settings, client.host if client else None, given.strip())
        except UserError:
            return False
        return True
    return client is not None and is_loopback(client.host) and not is_proxied(request.headers)


class _Moment(Collector):
    """What is so now. Looks only; starts nothing."""

    def __init__(self, host: Host, page: Page) -> None:
        self._host, self._page = host, page

    def describe(self) -> list[Metric]:
        return []  # or the registry would look at everything once more, to learn the names

    def collect(self) -> Iterator[Metric]:
        workers = [
            (loaded.found.name, [executor.status() for executor in list(loaded.executors)])
            for loaded in list(self._host.plugins)
        ]
        yield from _of_workers(workers)
        broken = _gauge("triptych_plugin_broken", "1 for a plugin that cannot be used.", "plugin")
        for loaded in list(self._host.plugins):
            broken.add_metric([loaded.found.name], bool(loaded.found.error))
        yield broken
        yield from self._of_the_app()

    def _of_the_app(self) -> Iterator[Metric]:
        waiting = len(self._page._queue)
        yield _single("triptych_queue_waiting", "Events that wait in Gradio's queue.", waiting)
        sessions = len(self._page.app.state_holder.session_data)
        yield _single("triptych_sessions", "Visitors whose state is kept.", sessions)
        resident = psutil.Process().memory_info().rss
        yield _single("triptych_web_memory_bytes", "Memory of the web process.", resident)
        yield _single("triptych_ready", "1 as long as /readyz says so.", self._host.ready)
        info = _gauge("triptych_build_info", "1, with versions.", "version", "python", "gradio")
        versions = [triptych.__version__, platform.python_version(), gradio.__version__]
        info.add_metric(versions, 1)
        yield info


def _of_workers(plugins: list[tuple[str, list[Status]]]) -> Iterator[Metric]:
    each = ("plugin", "worker")
    waiting = _gauge("triptych_calls_waiting", "Calls that wait for a worker.", "plugin")
    busy = _gauge("triptych_worker_busy", "1 while it runs a call.", *each)
    up = _gauge("triptych_worker_up", "1 for the state that it is in.", *each, "state")
    memory = _gauge("triptych_worker_memory_bytes", "Its children included.", *each)
    restarts = CounterMetricFamily(
        "triptych_worker_restarts", "Starts after the first.", labels=each
    )
    for plugin, workers in plugins:
        if workers:
            waiting.add_metric([plugin], sum(worker.waiting for worker in workers))
        for number, worker in enumerate(workers):
            names = [plugin, str(number)]
            busy.add_metric(names, worker.busy)
            for state in STATES:
                up.add_metric([*names, state], worker.state == state)
            restarts.add_metric(names, worker.restarts)
            if worker.memory is not None:
                memory.add_metric(names, worker.memory)
    yield from (waiting, busy, up, memory, restarts)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
