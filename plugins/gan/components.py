"""What pictures and events of the sub-tabs have in common."""

from __future__ import annotations

from typing import Any

PICTURE: dict[str, Any] = {
    "format": "png",
    "interactive": False,
    "show_label": False,  # it would cover the first digits
    "buttons": ["download", "fullscreen"],
}
