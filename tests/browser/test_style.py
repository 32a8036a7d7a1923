"""The Style tab, by hand."""

import io
import re

import pytest
from browsers import clear
from PIL import Image
from playwright.sync_api import expect

from plugins.style.examples import PAINTINGS

pytestmark = pytest.mark.browser


def choose(visit, demo):
    """A small painting, of other pictures than the example's."""
    page = visit(demo, "?tab=style/paint&size=192")
    examples = page.locator(".gallery-item:visible")
    examples.first.click()
    examples.nth(5).click()
    return page


def paint_until(page, step):
    page.get_by_role("button", name="Paint", exact=True).click()
    several = "|".join(str(n) for n in range(step, 121))
    expect(page.get_by_text(re.compile(rf"Step ({several}) of 120"))).to_be_visible(timeout=180_000)


def test_a_painting_is_paused_changed_and_gone_on_with(demo, visit, keep):
    page = choose(visit, demo)
    paint_until(page, 3)
    slider = page.get_by_label("range slider for Painting weight")
    slider.focus()
    slider.press("ArrowRight")  # in mid-run
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Pause", exact=True).click()
    paused = page.get_by_text(re.compile(r"Paused after \d+ of \d+ steps"))
    expect(paused).to_be_visible(timeout=60_000)
    before = int(re.search(r"after (\d+)", paused.inner_text()).group(1))
    page.get_by_role("button", name="Go on", exact=True).click()
    done = page.get_by_text(re.compile(r"Done after 120 of 120 steps"))
    expect(done).to_be_visible(timeout=180_000)
    assert before < 120
    page.get_by_role("button", name="The formulas, with the numbers").click()
    expect(page.locator(".katex:visible").first).to_be_visible()
    expect(page.get_by_text("now 1, 1.1 and 1")).to_be_visible()
    page.get_by_role("tab", name="Before and after").click()
    expect(page.locator(".slider-wrap:visible, .container:visible img").first).to_be_visible()
    keep(page)


def test_the_picture_and_its_making_can_be_downloaded(demo, visit):
    page = choose(visit, demo)
    paint_until(page, 3)
    page.get_by_role("button", name="Pause", exact=True).click()
    for name, kind in (("Download the picture", "PNG"), ("Download the making", "GIF")):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_enabled(timeout=60_000)
        with page.expect_download() as download:
            button.click()
        picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
        assert picture.format == kind
        assert max(picture.size) >= 128


def test_a_refusal_leaves_the_painting_and_its_files(demo, visit, keep):
    page = choose(visit, demo)
    paint_until(page, 3)
    page.get_by_role("button", name="Pause", exact=True).click()
    button = page.get_by_role("button", name="Download the picture")
    expect(button).to_be_enabled(timeout=60_000)
    page.get_by_role("button", name="More settings").click()
    page.wait_for_timeout(1500)  # it opens slowly
    size = page.get_by_label("number input for Size")
    size.fill("256")
    size.press("Enter")
    size.blur()
    page.wait_for_timeout(1000)
    expect(size).to_have_value("256")
    page.get_by_role("button", name="Go on", exact=True).click()
    keep(page, "style-go-on")
    expect(page.get_by_test_id("toast-body")).to_contain_text("The size is fixed", timeout=60_000)
    expect(button).to_be_enabled()
    # of another painting there is nothing to go on from
    page.locator(".gallery-item:visible").nth(6).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("There is no picture of this photo")).to_be_visible(timeout=60_000)


def test_a_second_painting_shows_where_it_is_drawn(demo, visit, keep):
    page = choose(visit, demo)
    page.get_by_role("button", name="More paintings, and where they show").click()
    page.locator('input[type=file][accept*="image"]').nth(2).set_input_files(PAINTINGS[-1])
    canvas = page.locator("canvas:visible").last
    expect(canvas).to_be_visible()
    page.wait_for_timeout(2000)  # Gradio's editor sets itself up
    page.get_by_role("button", name="Put the photo here to draw on it").click()
    page.wait_for_timeout(2000)  # and fits the photo in
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.8 * box["height"], steps=12)
    page.mouse.up()
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_text(re.compile("Done after"))).to_be_visible(timeout=240_000)
    keep(page)


def test_the_network_can_be_looked_into(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Style").click()
    page.get_by_role("tab", name="Inside the network").click()
    page.locator(".gallery-item:visible").first.click()
    page.get_by_role("button", name="Show the feature maps").click()
    expect(page.get_by_text(re.compile(r"256 maps of \d+ x \d+"))).to_be_visible(timeout=120_000)
    page.get_by_role("tab", name="Same style, other content").click()
    page.get_by_role("button", name="Rearrange and measure").click()
    expect(page.get_by_text("What is left is rounding.")).to_be_visible(timeout=120_000)
    keep(page)


def test_a_missing_painting_is_a_sentence(demo, visit):
    page = visit(demo)
    page.get_by_role("tab", name="Style").click()
    clear(page, "Painting")
    page.get_by_role("button", name="Paint", exact=True).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text(
        re.compile("photo|painting|picture"), timeout=120_000
    )
