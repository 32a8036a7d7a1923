"""The page as a whole: its first screen, its links, for whom it can be used, and how wide it is."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = (
    *("start", "plugins"),
    *("faces/verify", "faces/recognise", "faces/learn", "faces/classify-pairs", "faces/evaluate"),
    *("style/paint", "style/inside-the-network", "style/networks"),
    *("gan/generate", "gan/train", "gan/enlarge", "gan/translate", "gan/augment"),
    *("gan/playground", "gan/the-game"),
)
# What has colours of its own.
IN_THE_DARK = ("start", "faces/verify", "style/paint", "gan/train", "gan/playground", "plugins")


@pytest.fixture
def page(demo, visit):
    return visit(demo)


def go(page, demo, link):
    """Open a link of the demo; ends when the tabs it names are chosen."""
    page.goto(f"{demo.url}?{link}")
    page.get_by_role("tab").first.wait_for(timeout=60_000)
    path = re.search("tab=([^&]*)", link)[1]
    for word in path.split("/"):
        name = re.compile(f"^{word.replace('-', '.')}$", re.IGNORECASE)
        chosen = page.locator("[role=tab][aria-selected=true]").filter(has_text=name)
        # On a narrow page it may be in the menu of those that have no room, with no role.
        if page.viewport_size["width"] > 500:
            expect(chosen.first).to_be_visible(timeout=30_000)
    page.wait_for_timeout(300)


def test_the_first_screen_shows_what_each_tab_does_and_opens_it(page, demo, keep):
    for title in ("Faces", "Style", "GAN"):
        card = page.locator(".card").filter(has_text=f"Open {title}")
        expect(card.get_by_role("heading", name=title)).to_be_visible()
        cover = card.locator("img")
        expect(cover).to_be_visible()
        page.wait_for_function("image => image.naturalWidth > 0", arg=cover.element_handle())
    keep(page)
    page.get_by_role("button", name="Open GAN").click()
    expect(page.get_by_role("tab", name="GAN")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Generate")).to_be_visible()
    expect(page).to_have_url(f"{demo.url}?tab=gan/generate")


def test_the_address_follows_the_tabs_and_leads_back_to_them(page, demo):
    page.get_by_role("tab", name="Style").click()
    page.get_by_role("tab", name="Inside the network").click()
    page.get_by_role("tab", name="Gram matrix").click()
    expect(page).to_have_url(f"{demo.url}?tab=style/inside-the-network/gram-matrix")
    page.reload()
    expect(page.get_by_role("tab", name="Gram matrix")).to_have_attribute(
        "aria-selected", "true", timeout=60_000
    )


def test_a_link_brings_values_along(page, demo):
    go(page, demo, "tab=gan/generate&digits=2026&seed=7&count=2&truncation=junk&nonsense=1")
    expect(page.get_by_role("combobox", name="Digits")).to_have_value("2026")
    expect(page.get_by_label("Seed", exact=True).first).to_have_value("7")
    expect(page.locator("#gan-grid img")).to_be_visible(timeout=120_000)
    values = page.get_by_label("number input for Variety (truncation)")
    expect(values.first).to_have_value("2")


def test_a_link_to_nowhere_opens_the_first_screen(page, demo):
    page.goto(f"{demo.url}?tab=../../<script>&digits=1")
    expect(page.get_by_role("button", name="Open Faces")).to_be_visible(timeout=60_000)


def test_who_opens_faces_sees_an_example_answered(page):
    page.get_by_role("button", name="Open Faces").click()
    expect(page.locator(".face-verdict")).to_contain_text("Same person", timeout=120_000)
    page.get_by_role("button", name="Which part of the face decided?").click()  # the same pictures
    decided = page.locator(".block").filter(has_text="What decided").locator("img")
    expect(decided.first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_who_opens_style_sees_an_example_painted_and_can_go_on(page):
    page.get_by_role("button", name="Open Style").click()
    expect(page.get_by_text("after 20 of 20 steps")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile("Step [2-7]. of 80"))).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused after")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Paint", exact=True).click()  # the very same pictures
    expect(page.get_by_text(re.compile("Step .* of 120"))).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_the_keyboard_alone_opens_a_tab_and_asks(page):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Open GAN":
            break
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Generate")
    expect(button).to_be_visible()
    shown = page.locator("#gan-grid img").get_attribute("src", timeout=60_000)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button.primary')"):
            break
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"  # it is seen where one is
    page.keyboard.press("Enter")
    expect(page.locator("#gan-grid img")).not_to_have_attribute("src", shown, timeout=120_000)


def test_every_page_suits_screen_readers_and_phones(page, demo, keep):
    found = {}
    for path in PAGES:
        go(page, demo, f"tab={path}")
        found |= complaints(page, path)
        page.set_viewport_size({"width": 360, "height": 780})
        page.wait_for_timeout(300)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            found[f"{path} on a phone"] = width
        keep(page, f"phone-{path.replace('/', '-')}")
        page.set_viewport_size({"width": 1280, "height": 1000})
    assert not found


def test_what_has_colours_of_its_own_suits_the_dark(page, demo):
    page.emulate_media(color_scheme="dark")
    found = {}
    for path in IN_THE_DARK:
        go(page, demo, f"tab={path}")
        found |= complaints(page, path)
    assert not found


def complaints(page, path):
    """axe's serious ones."""
    found = serious(page)
    if found:  # names are given a moment after things are drawn
        page.wait_for_timeout(1000)
        found = serious(page)
    return {f"{path}: {what}": where for what, where in found.items()}


def serious(page):
    return {
        violation["help"]: node["html"][:200]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    }
