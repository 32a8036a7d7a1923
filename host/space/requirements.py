"""The requirements.txt of a Space: Triptych's own, and what its Spacefile makes necessary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from host.settings import Settings
from host.shipped import shipped

# What pyproject.toml has as extras; a test compares them.
OAUTH = ("gradio[oauth]>=6.20,<7",)
MCP = ("gradio[mcp]>=6.20,<7",)
RAY = ("ray>=2.40,<3",)
POSTGRESQL = ("psycopg[binary]>=3.2,<4", "pgvector>=0.3.6,<1")


def text(settings: Settings, by_others: Sequence[str], torch_index: str | None = None) -> str:
    """What ``pip install -r`` is to install.

    by_others: what plugins by others need.
    torch_index: URL of an index with other builds of PyTorch than the default ones, which for
    Linux on x86-64 are those for CUDA and several GB bigger than those for a CPU.
    """
    parts = [shipped("requirements.txt").read_text("utf-8")]
    if torch_index:
        parts.insert(0, f"# builds of PyTorch\n--extra-index-url {torch_index}\n")
    for why, lines in (
        ("what the Spacefile switches on", _switched_on(settings)),
        ("plugins by others", by_others),
    ):
        if lines:
            parts.append("\n".join([f"# {why}", *lines, ""]))
    return "\n".join(parts)


def _switched_on(settings: Settings) -> list[str]:
    found: list[str] = []
    if settings.oauth:
        found += OAUTH
    if settings.mcp:
        found += MCP
    if any(own.executor == "ray" for own in settings.plugins.values()):
        found += RAY
    if any(_in_postgresql(own.options) for own in settings.plugins.values()):
        found += POSTGRESQL
    return found


def _in_postgresql(options: dict[str, Any]) -> bool:
    urls = (value for value in options.values() if isinstance(value, str) and "://" in value)
    return any(urlsplit(url).scheme.startswith("postgres") for url in urls)
