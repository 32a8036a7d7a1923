"""Helpers for the tests of plugins, ours and third-party."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from host.devices import Device
from host.plugin import Context
from host.weights import WeightsStore


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
