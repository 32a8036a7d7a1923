"""Files that come with Triptych and are no code: assets, the Spacefile, what a Space needs."""

from __future__ import annotations

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
_INSTALLED = Path(__file__).resolve().parent / "shipped_files"


def shipped(*parts: str) -> Path:
    """Path of such a file: ``shipped("assets", "face")``.

    In a checkout it is where a reader of the repository sees it, in an installed Triptych inside
    this package (see ``force-include`` in pyproject.toml).
    """
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return root.joinpath(*parts)
