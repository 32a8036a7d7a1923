"""Pictures to try: paintings that come with Triptych."""

from __future__ import annotations

from host.shipped import shipped
from host.ui import PHOTO_CREDITS

PAINTINGS = sorted(shipped("assets", "style").glob("*.jpg"))
CREDITS = f"Photos: {PHOTO_CREDITS} Paintings: drawn by this project's own program."
