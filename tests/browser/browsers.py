"""Which browser to drive, and what several tests do in it."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HOW = (
    "no Chromium or Chrome is installed: 'sudo apt install chromium' (Debian, Ubuntu) or "
    "'brew install --cask chromium' (macOS), then run make test again"
)


def find_browser():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)


def picture(page, label):
    """The picture input of that label."""
    return page.locator(".block").filter(
        has=page.get_by_test_id("block-label").filter(has_text=label)
    )


def put(page, label, file):
    block = picture(page, label)
    with page.expect_response(re.compile("/upload")):  # another picture may be there already
        block.locator("input[type=file]").set_input_files(str(file))
    shown = block.locator(f"img[src$='/{Path(file).name}']")
    expect(shown).to_be_visible(timeout=30_000)


def clear(page, *labels):
    for label in labels:
        picture(page, label).get_by_label("Remove Image").click()
