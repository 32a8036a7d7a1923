"""The GAN tab, by hand."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_generating_answers_every_control(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="GAN").click()
    picture = page.locator("#gan-grid img")
    expect(picture).to_be_visible()
    seen = {picture.get_attribute("src")}
    for label, value in (("Seed", "7"), ("number input for How many", "2")):
        field = page.get_by_label(label).first
        field.fill(value)
        field.press("Enter")
        expect(picture).not_to_have_attribute(
            "src", re.compile("|".join(map(re.escape, seen))), timeout=120_000
        )
        seen.add(picture.get_attribute("src"))
    keep(page)


def test_training_shows_pictures_and_curves_and_stops(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="GAN").click()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Step [1-9]\d* of"))).to_be_visible(timeout=180_000)
    expect(page.locator("#gan-samples img")).to_be_visible()
    keep(page, "gan-training")
    page.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Stopped at step [\d,]+"))).to_be_visible(timeout=60_000)
    expect(page.locator("#gan-samples img")).to_be_visible()
    keep(page)
