"""The Plugins tab, as an operator uses it."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_plugins_tab_shows_every_worker_and_restarts_one(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Plugins").click()
    table = page.locator("table.plugins")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table.get_by_text("ready")).to_have_count(3, timeout=120_000)
    expect(table.get_by_text(re.compile(r"^\d+ MB$"))).to_have_count(3)
    expect(table.get_by_text(re.compile("CPU|cuda"))).to_have_count(3)
    keep(page)
    row = table.locator("tbody tr").first
    before = row.get_by_text(re.compile(r"process \d+")).inner_text()
    page.locator("#restart-worker").click()
    expect(row.get_by_text(before)).to_have_count(0, timeout=30_000)
    expect(table.get_by_text("ready")).to_have_count(3, timeout=120_000)
    keep(page, "after-restart")
