"""Figures for Prometheus."""

from __future__ import annotations

from host.executors.call import Call


def ended(plugin: str, call: Call) -> None:
    """Count a call that has ended."""
