"""A real Chromium on the real app."""

import os
from pathlib import Path

import pytest
from browsers import HOW, find_browser


@pytest.fixture(scope="session")
def chromium():
    path = find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(HOW)
        pytest.skip(HOW)
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium refuses to sandbox root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """``visit(app)`` opens the app as a new visitor; nothing may go wrong in the console.

    link: what follows the address.
    signed_in: False to stay before the login page.
    """
    contexts = []
    errors = []

    def open_page(app, link="", width=1280, height=1000, signed_in=True):
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(app.url + link)
        if signed_in:
            page.get_by_role("tab").first.wait_for(timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def keep(request):
    """``keep(page)`` saves a screenshot in ``.screenshots/``, where SCREENSHOTS is set."""
    folder = Path(__file__).parents[2] / ".screenshots"

    def save(page, name=None):
        if not os.environ.get("SCREENSHOTS"):
            return
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{name or request.node.name}.png", full_page=True)

    return save
