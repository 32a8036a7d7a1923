import psutil
import pytest
from executor_tools import FAST, link_opener

from host.backend import Backend
from host.devices import Device
from host.executors.base import Executor
from host.weights import WeightsStore
from host.worker import BackendSpec


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


@pytest.fixture
def executor(spec):
    """Make executors; all are stopped, and must leave no process behind, at the end."""
    made = []
    before = _children()

    def make(kind, backend="Bad", limits=FAST, **how):
        new = Executor("Fixture", "CPU", link_opener(kind, spec(backend), **how), limits)
        made.append(new)
        return new

    yield make
    for each in made:
        each.stop()
    assert _children() <= before


def _children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture
def backend(executor):
    def make(kind, name="Bad", limits=FAST, **how):
        return Backend([executor(kind, name, limits, **how)])

    return make
