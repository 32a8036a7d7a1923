"""The Faces tab, by hand."""

import re
import zipfile
from pathlib import Path

import pytest
from browsers import clear, picture, put
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FACES = Path(__file__).parents[2] / "assets" / "face"


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
    clear(page, "First picture", "Second picture")
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


def sub_tab(page, name):
    page.get_by_role("tab", name="Faces").click()
    page.get_by_role("tab", name=name, exact=True).click()


def test_which_part_decided_is_painted_and_the_siamese_picture_shown(demo, visit, keep):
    page = visit(demo)
    page.get_by_role("tab", name="Faces").click()
    put(page, "First picture", FACES / "anna_1.jpg")
    put(page, "Second picture", FACES / "anna_2.jpg")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.get_by_label(re.compile("Siamese network"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Which part of the face decided?").click()
    expect(picture(page, "What decided").locator("img")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1000)  # let it become finer, for the screenshot
    keep(page)


def test_a_person_enrolled_from_one_picture_is_named_in_a_group(demo, visit, keep):
    page = visit(demo)
    sub_tab(page, "Recognise")
    page.get_by_role("button", name="Enrol two drawn people").click()
    people = page.locator(".face-people:visible")
    expect(people).to_contain_text("Bruno", timeout=120_000)
    put(page, "Who is this?", FACES / "group.jpg")
    page.get_by_label("number input for Known up to this distance").fill("0.45")
    page.get_by_label("number input for Known up to this distance").press("Enter")
    page.get_by_role("button", name="Who is this?").click()
    named = page.locator(".face-named")
    expect(named.get_by_text("nobody I know").first).to_be_visible(timeout=120_000)
    keep(page)
    put(page, "Picture of a person", FACES / "clara_1.jpg")
    page.get_by_label("Name", exact=True).fill("Clara <b>\u0645</b>")
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(people).to_contain_text("Clara <b>\u0645</b>", timeout=60_000)
    expect(page.get_by_text("no training")).to_be_visible()
    page.get_by_role("button", name="Who is this?").click()
    expect(named.get_by_text("Clara").first).to_be_visible(timeout=60_000)
    expect(named.get_by_text("nobody I know")).to_have_count(0)
    keep(page, "face-recognise-after")
    page.get_by_role("button", name="Delete everybody").click()
    expect(people).to_contain_text("Nobody is known yet", timeout=60_000)


def test_learning_shows_figures_and_stops(demo, visit, keep):
    page = visit(demo)
    sub_tab(page, "Learn")
    steps = page.get_by_label("number input for Steps").locator("visible=true")
    steps.fill("2000")
    steps.press("Enter")
    page.get_by_role("button", name="Train", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"[Ss]tep [1-9]\d*")).first).to_be_visible(timeout=120_000)
    keep(page, "face-learning")
    stop = page.get_by_role("button", name="Stop", exact=True).locator("visible=true")
    stop.click(timeout=90_000)  # plots are drawn on end
    expect(page.get_by_text(re.compile("[Ss]topped")).first).to_be_visible(timeout=60_000)
    keep(page)


def add_zip(page, file):
    zips = page.locator('input[accept=".zip"]')
    expect(zips).to_have_count(1)  # those of other pages have gone
    zips.set_input_files(str(file))
    expect(page.locator(f"a[href$='{file.name}']")).to_be_visible(timeout=30_000)


def test_a_zip_is_evaluated(demo, visit, keep, tmp_path):
    file = tmp_path / "people.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(FACES.glob("*_?.jpg")):
            archive.write(path, f"{path.stem[:-2]}/{path.name}")
    page = visit(demo)
    sub_tab(page, "Evaluate")
    add_zip(page, file)
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"± [\d.]+% right"))).to_be_visible(timeout=120_000)
    expect(picture(page, "ROC curve").locator("img")).to_be_visible()
    keep(page)


def test_a_head_learned_from_a_zip_decides_in_verify(demo, visit, keep, tmp_path):
    """The drawn people alone are too few: copies of them stand for more people."""
    file = tmp_path / "people.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(FACES.glob("*_?.jpg")):
            for copy in ("a", "b"):
                archive.write(path, f"{path.stem[:-2]} {copy}/{path.name}")
    page = visit(demo)
    sub_tab(page, "Learn")
    page.get_by_text("My people (zip").locator("visible=true").click()
    add_zip(page, file)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Done").first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Use this head in Verify").click()
    expect(page.get_by_text("Verify now uses this head")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Verify", exact=True).click()
    put(page, "First picture", FACES / "anna_1.jpg")
    put(page, "Second picture", FACES / "anna_2.jpg")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator(".face-verdict")).to_contain_text("with the head", timeout=120_000)
    keep(page)
