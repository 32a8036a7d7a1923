"""Inside the network: what its layers see, what they keep and what they forget."""

from __future__ import annotations

from plugins.style.inside.calls import InsideCalls

__all__ = ["InsideCalls"]
