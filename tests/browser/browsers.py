"""Which browser to drive."""

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HOW = (
    "no Chromium or Chrome is installed: 'sudo apt install chromium' (Debian, Ubuntu) or "
    "'brew install --cask chromium' (macOS), then run make test again"
)


def find_browser():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)
