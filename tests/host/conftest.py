import threading
import time

import psutil
import pytest

from host.backend import Backend
from host.devices import Device
from host.executors.base import Executor, Limits
from host.executors.inline import ThreadLink
from host.executors.process import ProcessLink
from host.weights import WeightsStore
from host.worker import BackendSpec

FAST = Limits(start=30, call=30, interrupt_after=0.2, kill_after=0.3, backoff=0.2)


@pytest.fixture
def spec(tmp_path):
    def make(backend):
        return BackendSpec(
            plugin="fixture",
            backend=f"fixture_backends:{backend}",
            device=Device(),
            cache_dir=tmp_path / "cache",
            weights=WeightsStore(None, tmp_path / "weights", offline=True),
        )

    return make


def link_opener(kind, spec, environment=None, interpreter=None):
    if kind == "inline":
        return lambda: ThreadLink(spec)
    return lambda: ProcessLink(spec, environment or {}, interpreter)


@pytest.fixture
def executor(spec):
    """Make executors; all are stopped, and must leave no process behind, at the end."""
    made = []

    def make(kind, backend="Bad", limits=FAST, **how):
        new = Executor("Fixture", "CPU", link_opener(kind, spec(backend), **how), limits)
        made.append(new)
        return new

    yield make
    for each in made:
        each.stop()
    assert psutil.Process().children(recursive=True) == []


@pytest.fixture
def backend(executor):
    def make(kind, name="Bad", limits=FAST, **how):
        return Backend([executor(kind, name, limits, **how)])

    return make


def eventually(condition, seconds=10.0):
    """Wait until ``condition()`` is true; the assertion fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def in_thread(function, *args):
    """Run in a thread; returns (thread, list that receives the result or the exception)."""
    outcome = []

    def run():
        try:
            outcome.append(function(*args))
        except Exception as error:  # noqa: BLE001
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome
