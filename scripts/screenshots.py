"""Make the README's screenshots: start the app, use each tab, and keep what it shows.

    make screenshots                              all
    .venv/bin/python scripts/screenshots.py game  some

Needs an installed Chromium; writes docs/screenshots/.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from browsers import find_browser
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from serving import App

FACES = ROOT / "assets" / "face"
OUT = ROOT / "docs" / "screenshots"


def start(page: Page) -> None:
    expect(page.get_by_role("button", name="Open GAN")).to_be_visible()


def faces(page: Page) -> None:
    expect(page.locator(".face-verdict")).to_contain_text("Same person", timeout=120_000)


def recognise(page: Page) -> None:
    page.get_by_role("button", name="Enrol two drawn people").click()
    expect(page.locator(".face-people:visible")).to_contain_text("Bruno", timeout=120_000)
    page.locator(".gallery-item:visible").nth(1).click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Who is this?").click()
    expect(page.locator(".face-named")).to_be_visible(timeout=120_000)


def learn(page: Page) -> None:
    page.get_by_role("button", name="Train", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile("^Done|Learned|Trained")).first).to_be_visible(
        timeout=300_000
    )


def style(page: Page) -> None:
    examples = page.locator(".gallery-item:visible")
    examples.first.click()
    examples.nth(5).click()
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_text("Done after 120")).to_be_visible(timeout=300_000)


def inside(page: Page) -> None:
    page.locator(".gallery-item:visible").first.click()
    page.wait_for_timeout(1500)
    page.get_by_role("tab", name="Same style, other content").click()
    page.get_by_role("button", name="Rearrange and measure").click()
    expect(page.get_by_text("What is left is rounding.")).to_be_visible(timeout=120_000)


def gan(page: Page) -> None:
    page.get_by_label("Conditional").check()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"\*?\*?Done"))).to_be_visible(timeout=900_000)
    page.get_by_role("button", name="Draw", exact=True).locator("visible=true").click()
    expect(page.locator("#gan-number img")).to_be_visible(timeout=60_000)


def portraits(page: Page) -> None:
    page.get_by_label("Portraits").click()
    page.get_by_role("button", name="Walk").click()
    expect(page.locator("#gan-way img")).to_be_visible(timeout=120_000)


def playground(page: Page) -> None:
    page.wait_for_timeout(3000)
    page.get_by_role("button", name=re.compile("G's grid")).click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_timeout(25_000)
    page.get_by_role("button", name="Pause").locator("visible=true").click()


def enlarge(page: Page) -> None:
    page.locator(".gallery-item:visible").nth(2).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Enlarge", exact=True).click()
    expect(page.get_by_role("rowheader", name="GAN").locator("visible=true")).to_be_visible(
        timeout=120_000
    )
    page.get_by_role("tab", name="A closer look").click()


def translate(page: Page) -> None:
    page.locator(".gallery-item:visible").first.click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Make a portrait", exact=True).click()
    expect(page.get_by_role("rowheader", name="GAN").locator("visible=true")).to_be_visible(
        timeout=120_000
    )


def game(page: Page) -> None:
    page.get_by_role("button", name="200 turns").click()
    expect(page.locator("#gan-game")).to_contain_text("turn 200", timeout=120_000)


def plugins(page: Page) -> None:
    expect(page.locator("table.plugins").get_by_text("ready")).to_have_count(3, timeout=120_000)


def sketch(page: Page) -> None:
    page.get_by_label("Coloured pencils").check()
    page.locator("input[type=file]").set_input_files(ROOT / "assets" / "style" / "autumn.jpg")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text(re.compile("[0-9,]+ strokes"))).to_be_visible(timeout=60_000)


SHOTS = (
    ("start", start),
    ("plugins", plugins),
    ("faces/verify", faces),
    ("faces/recognise", recognise),
    ("faces/learn", learn),
    ("style/paint", style),
    ("style/inside-the-network", inside),
    ("gan/train", gan),
    ("gan/generate", portraits),
    ("gan/playground", playground),
    ("gan/enlarge", enlarge),
    ("gan/translate", translate),
    ("gan/the-game", game),
)
EXAMPLES = (("sketch", sketch),)


def shoot(flags: list[str], shots: Sequence[tuple[str, Callable[[Page], None]]]) -> None:
    """Serve the app with these flags and keep a picture of each tab after its use."""
    app = App(Path(tempfile.mkdtemp()), ["--offline", *flags], {})
    try:
        app.wait_until_served()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
            )
            for tab, use in shots:
                page = browser.new_page(viewport={"width": 1200, "height": 900})
                page.goto(f"{app.url}?tab={tab}")
                page.get_by_role("tab").first.wait_for(timeout=60_000)
                use(page)
                page.mouse.move(0, 0)
                page.wait_for_timeout(4000)  # the worker line is refreshed every 3 s
                file = OUT / f"{use.__name__}.png"
                page.screenshot(path=file, full_page=True)
                with Image.open(file) as picture:  # a third of the size
                    palette = picture.convert("RGB").quantize(256)
                palette.save(file, optimize=True)
                print(file.relative_to(ROOT))
                page.close()
            browser.close()
    finally:
        app.stop()


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:]
    sketch_only = ["--plugin", str(ROOT / "examples" / "sketch"), "--disable", "face,style,gan"]
    for flags, shots in (([], SHOTS), (sketch_only, EXAMPLES)):
        chosen = [shot for shot in shots if not wanted or shot[1].__name__ in wanted]
        if chosen:
            shoot(flags, chosen)
