"""The plugins' main actions as tools of the Model Context Protocol, at ``/gradio_api/mcp``.

Gradio's own server would do this too. It leaves out login and address, calls every tool in one
session that all clients share, cannot cancel, and answers HTML as it is.
"""

from __future__ import annotations

import importlib.util


class McpError(Exception):
    """Tools cannot be offered; a sentence."""


def require() -> None:
    """Raises McpError where the package that speaks the protocol is not installed."""
    if importlib.util.find_spec("mcp") is None:
        raise McpError("--mcp needs the package mcp: pip install 'gradio[mcp]'.")
