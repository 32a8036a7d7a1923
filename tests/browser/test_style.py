"""The Style tab, by hand."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def choose(page):
    page.get_by_role("tab", name="Style").click()
    examples = page.locator(".gallery-item:visible")
    examples.first.click()
    examples.last.click()


def test_stopping_keeps_the_picture_and_offers_it_for_download(demo, visit, keep, tmp_path):
    page = visit(demo)
    choose(page)
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_text(re.compile(r"Step ([3-9]|\d\d+) of \d+"))).to_be_visible(
        timeout=180_000
    )
    keep(page, "style-running")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile(r"Stopped after \d+ of \d+ steps"))).to_be_visible(
        timeout=60_000
    )
    button = page.get_by_role("button", name="Download the picture")
    expect(button).to_be_enabled()
    with page.expect_download() as download:
        button.click()
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.format == "PNG"
    assert max(picture.size) >= 128
    keep(page)


def test_a_missing_painting_is_a_sentence(demo, visit):
    page = visit(demo)
    page.get_by_role("tab", name="Style").click()
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text(
        re.compile("photo|painting|picture"), timeout=120_000
    )
