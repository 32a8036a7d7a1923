"""Helpers for the tests of plugins, ours and third-party.

``check("./my-plugin")`` is what ``triptych check`` runs; with pytest, ``--triptych=./my-plugin``
makes a test of each check.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from host.devices import Device
from host.plugin import Context
from host.weights import WeightsStore

if TYPE_CHECKING:
    from host.testing.report import Report, UnknownPlugin
    from host.testing.runner import check

__all__ = ["Report", "UnknownPlugin", "backend_context", "check"]


def backend_context(plugin: str, tmp_path: Path, **settings: Any) -> Context:
    """A real context on the CPU whose cache lies in ``tmp_path`` and which is offline."""
    cache = tmp_path / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    return Context(
        plugin=plugin,
        device=Device(),
        weights=WeightsStore(directory=None, cache=tmp_path / "weights", offline=True),
        cache_dir=cache,
        settings=settings,
    )


def __getattr__(name: str) -> Any:
    # Not imported above: a test that only needs a context should not wait for the rest.
    if name == "check":
        from host.testing.runner import check

        return check
    if name in ("Report", "UnknownPlugin"):
        from host.testing import report

        return getattr(report, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
