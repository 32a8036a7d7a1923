"""A plugin's author edits its files and looks at the page."""

import re

import pytest
from authors.reloaded import Author
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SOON = 30_000


@pytest.fixture
def author(tmp_path):
    return Author(tmp_path)


def _worker(page, title):
    """The process id that the Plugins tab shows."""
    page.get_by_role("tab", name="Plugins").click()
    row = page.locator("table.plugins tbody tr", has_text=title)
    process = row.get_by_text(re.compile(r"process \d+"))
    expect(row.get_by_text("ready")).to_be_visible(timeout=60_000)
    return process.inner_text()


def test_an_edited_tab_shows_at_once_and_its_neighbour_stays_as_it_is(
    start_app, visit, author, keep
):
    page = visit(start_app(*author.flags, "--reload"))
    mine, neighbour = _worker(page, "Mine"), _worker(page, "Demo")
    page.get_by_role("tab", name="Demo").click()
    page.get_by_label("Number", exact=True).fill("7654")
    page.get_by_role("tab", name="Mine").click()
    author.edit("tab.py", "First label", "Second label")
    box = page.get_by_label("Second label")
    expect(box).to_be_visible(timeout=SOON)
    expect(page.get_by_label("First label")).to_have_count(0)
    box.fill("hello")
    page.get_by_role("button", name="Shout").click()
    expect(page.get_by_label("My answer")).to_have_value("hello!", timeout=SOON)
    expect(page.get_by_label("My answer")).to_be_disabled()
    expect(page.get_by_label("How many")).to_be_enabled()
    keep(page)
    page.get_by_role("tab", name="Demo").click()
    expect(page.get_by_label("Number", exact=True)).to_have_value("7654")
    page.get_by_role("button", name="Pid").click()
    expect(page.get_by_label("Answer", exact=True)).to_have_value(
        neighbour.removeprefix("process "), timeout=SOON
    )
    assert _worker(page, "Demo") == neighbour
    own = page.locator("table.plugins tbody tr", has_text="Mine")
    expect(own.get_by_text(mine, exact=True)).to_have_count(0, timeout=SOON)
    assert _worker(page, "Mine") != mine


def test_a_new_title_and_a_visitor_who_comes_later(start_app, visit, author):
    app = start_app(*author.flags, "--reload")
    page = visit(app)
    author.edit("__init__.py", 'title="Mine"', 'title="Ours"')
    expect(page.get_by_role("tab", name="Ours")).to_be_visible(timeout=SOON)
    author.edit("tab.py", "First label", "Second label")
    expect(page.get_by_label("Second label")).to_be_visible(timeout=SOON)
    later = visit(app)
    expect(later.get_by_role("tab", name="Ours")).to_be_visible()
    later.get_by_label("Second label").fill("hi")
    later.get_by_role("button", name="Shout").click()
    expect(later.get_by_label("My answer")).to_have_value("hi!", timeout=60_000)


def test_errors_show_the_authors_own_lines_until_they_are_mended(start_app, visit, author, keep):
    page = visit(start_app(*author.flags, "--reload"))
    expect(page.get_by_label("First label")).to_be_visible()
    author.edit("tab.py", "def shout(text: str) -> str:", "def shout(text: str) -> str")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Mine could not be loaded", timeout=SOON)
    expect(alert.locator("pre")).to_contain_text("tab.py, line 8")
    expect(alert.locator("pre")).to_contain_text("SyntaxError")
    keep(page, "reload-syntax-error")
    author.edit("tab.py", "def shout(text: str) -> str", "def shout(text: str) -> str:")
    expect(page.get_by_label("First label")).to_be_visible(timeout=SOON)
    expect(alert).to_have_count(0)

    page.get_by_role("button", name="Fail", exact=True).click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("backend.py, line 17, in fail", timeout=60_000)
    expect(toast).to_contain_text("ZeroDivisionError: <b>a value</b>")
    keep(page, "reload-failed-event")
    page.get_by_test_id("toast-close").click()

    author.edit("backend.py", "        pass", "        context.no_such_thing")
    expect(alert).to_contain_text("not available", timeout=60_000)
    expect(page.locator("pre")).to_contain_text("backend.py, line 6, in __init__")
    expect(page.locator("pre")).not_to_contain_text("worker.py")
    keep(page, "reload-broken-backend")
    author.edit("backend.py", "        context.no_such_thing", "        pass")
    expect(alert).to_have_count(0, timeout=SOON)


def test_without_reload_nobody_sees_a_traceback_and_edits_do_nothing(start_app, visit, author):
    page = visit(start_app(*author.flags))
    page.get_by_role("button", name="Open Mine").click()
    for button in ("Fail", "Fail here"):
        page.get_by_role("button", name=button, exact=True).click()
        toast = page.get_by_test_id("toast-body")
        expect(toast).to_contain_text("Something went wrong in Mine", timeout=60_000)
        expect(toast).not_to_contain_text("line")
        expect(toast).not_to_contain_text("Error:")
        page.get_by_test_id("toast-close").click()
    author.edit("tab.py", "First label", "Second label")
    page.reload()
    expect(page.get_by_label("First label")).to_be_visible(timeout=SOON)
