"""Pictures to try: drawn by this project's own programs."""

from __future__ import annotations

from pathlib import Path

from host.shipped import shipped

SMALL = sorted(shipped("assets", "gan").glob("enlarge_*.png"))
LINES = sorted(shipped("assets", "gan").glob("drawing_*.png"))


def people(number: int) -> list[Path]:
    """The drawn people, in their first or second picture."""
    return sorted(shipped("assets", "face").glob(f"*_{number}.jpg"))
