"""The Plugins tab, as an operator uses it."""

import re
from pathlib import Path

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


def test_restarting_takes_the_operators_token(start_app, visit, keep):
    plugin = Path(__file__).parents[1] / "host" / "demo_plugin.py"
    app = start_app(
        "--plugin", str(plugin), "--only", "demo", TRIPTYCH_OPERATOR_TOKEN="open sesame"
    )
    page = visit(app)
    page.get_by_role("tab", name="Plugins").click()
    row = page.locator("table.plugins tbody tr").first
    expect(row.get_by_text("ready")).to_be_visible(timeout=30_000)
    process = row.get_by_text(re.compile(r"process \d+"))
    before = process.inner_text()
    page.get_by_label("Operator token").fill("guess")
    page.locator("#restart-worker").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("not the operator token")
    assert process.inner_text() == before
    page.get_by_label("Operator token").fill("open sesame")
    page.locator("#restart-worker").click()
    expect(row.get_by_text(before)).to_have_count(0, timeout=30_000)
    keep(page)
