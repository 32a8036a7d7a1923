"""Which files are a plugin's own: its folder's, but not those of a virtual environment in it."""

from __future__ import annotations

from pathlib import Path

SKIPPED = frozenset({"__pycache__", "node_modules", "build", "dist", "site-packages"})


def skipped(folder_name: str) -> bool:
    """Whether a folder of that name holds what others wrote, or what was made of the code."""
    return folder_name in SKIPPED or folder_name.startswith(".")


def inside(file: Path, folder: Path) -> bool:
    """Whether ``file`` is one of the plugin's whose code lies in ``folder``; both resolved."""
    if folder not in file.parents:
        return False
    return not any(skipped(part) for part in file.relative_to(folder).parts[:-1])
