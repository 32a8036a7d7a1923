"""The Faces tab, by hand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FACES = Path(__file__).parents[2] / "assets" / "face"


def picture(page, label):
    """The picture input of that label."""
    return page.locator(".block").filter(
        has=page.get_by_test_id("block-label").filter(has_text=label)
    )


def put(page, label, file):
    block = picture(page, label)
    block.locator("input[type=file]").set_input_files(str(file))
    expect(block.locator("img")).to_be_visible(timeout=30_000)


def test_two_pictures_are_compared_and_the_slider_decides_again(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Faces").click()
    put(page, "First picture", FACES / "anna_1.jpg")
    put(page, "Second picture", FACES / "anna_2.jpg")
    page.get_by_role("button", name="Verify").click()
    verdict = page.locator(".face-verdict")
    expect(verdict).to_contain_text("Same person", timeout=120_000)
    expect(verdict).to_contain_text(re.compile(r"distance 0\.\d{3}"))
    expect(page.get_by_text("Runs on CPU")).to_be_visible()
    keep(page)
    threshold = page.get_by_label("number input for Threshold")
    threshold.fill("0.02")
    threshold.press("Enter")
    expect(verdict).to_contain_text("Different people")


def test_an_example_of_two_people(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Faces").click()
    page.get_by_test_id("dataset-cell-2-0").click()
    expect(picture(page, "Second picture").locator("img")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".face-verdict")).to_contain_text("Different people", timeout=120_000)
    keep(page)


def test_bad_pictures_are_answered_with_a_sentence(demo, visit, tmp_path, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Faces").click()
    page.get_by_role("button", name="Verify").click()
    alert = page.get_by_test_id("toast-body")
    expect(alert).to_contain_text("Please add two pictures")
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes((FACES / "anna_1.jpg").read_bytes()[:2000])
    put(page, "First picture", damaged)
    put(page, "Second picture", FACES / "anna_2.jpg")
    page.get_by_role("button", name="Verify").click()
    expect(alert.last).to_contain_text(re.compile("damaged|incomplete|cut off"), timeout=60_000)
    keep(page)


def test_the_webcam_without_a_face(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Faces").click()
    put(page, "Second picture", FACES / "anna_1.jpg")
    page.get_by_label("Capture from camera").first.click()
    page.get_by_text("Click to Access Webcam").click()
    # Gradio ignores the button until the camera has a frame.
    page.wait_for_function("[...document.querySelectorAll('video')].some(v => v.videoWidth > 0)")
    with page.expect_response(re.compile("/upload")):
        page.get_by_label("capture photo").click()
    expect(picture(page, "First picture").locator("img")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("No face", timeout=120_000)
    keep(page)
