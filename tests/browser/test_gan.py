"""The GAN tab, by hand."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def gan(demo, visit):
    def open_part(name, **size):
        page = visit(demo, **size)
        page.get_by_role("tab", name="GAN", exact=True).click()
        page.get_by_role("tab", name=name, exact=True).click()
        return page

    return open_part


def changed(picture, seen):
    """Wait for a picture other than those seen before."""
    expect(picture).not_to_have_attribute(
        "src", re.compile("|".join(map(re.escape, seen))), timeout=120_000
    )
    seen.add(picture.get_attribute("src"))


def test_generating_answers_every_control(gan, keep):
    page = gan("Generate")
    picture = page.locator("#gan-grid img")
    expect(picture).to_be_visible()
    seen = {picture.get_attribute("src")}
    for label, value in (("Seed", "7"), ("number input for How many", "2")):
        field = page.get_by_label(label).first
        field.fill(value)
        field.press("Enter")
        changed(picture, seen)
    page.get_by_label("Portraits").click()
    changed(picture, seen)
    expect(page.get_by_label("Digits", exact=True).first).to_be_hidden()
    keep(page)


def test_walking_gives_a_strip_and_a_film(gan, keep):
    page = gan("Generate")
    page.get_by_label("Through all ten digits").check()
    page.get_by_role("button", name="Walk").click()
    expect(page.locator("#gan-way img")).to_be_visible(timeout=120_000)
    keep(page)


def test_training_shows_pictures_and_curves_stops_and_goes_on(gan, keep):
    page = gan("Train")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Step [1-9]\d* of"))).to_be_visible(timeout=180_000)
    expect(page.locator("#gan-samples img")).to_be_visible()
    expect(page.locator("#gan-curves svg")).to_have_count(4)
    page.wait_for_timeout(5000)  # so that there is a state to go on from
    keep(page, "gan-training")
    page.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Stopped at step [\d,]+"))).to_be_visible(timeout=60_000)
    expect(page.locator("#gan-samples img")).to_be_visible()

    position = page.get_by_label("First attempt").locator("visible=true").first
    past = page.locator("#gan-past img")
    seen = {past.get_attribute("src")}
    position.fill("0")
    position.press("Enter")
    changed(past, seen)
    expect(page.get_by_text("(step 0)")).to_be_visible()

    page.get_by_role("button", name="Go on").locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Step [1-9][\d,]* of"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Stopped at step [\d,]+"))).to_be_visible(timeout=60_000)
    keep(page)


def test_a_conditional_run_draws_a_typed_number_and_its_critic_judges(gan, keep, tmp_path):
    page = gan("Train")
    page.get_by_label("Conditional").check()
    steps = page.get_by_label("number input for Steps").locator("visible=true").first
    steps.fill("100")
    steps.press("Enter")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Done.*100 steps"))).to_be_visible(timeout=180_000)
    page.get_by_role("button", name="Draw", exact=True).locator("visible=true").click()
    expect(page.locator("#gan-number img")).to_be_visible(timeout=60_000)

    from PIL import Image

    path = tmp_path / "grey.png"
    Image.new("L", (40, 40), 90).save(path)
    page.locator("#gan-critic input[type=file]").set_input_files(path)
    expect(page.locator("#gan-opinion")).to_contain_text("D's score", timeout=60_000)
    keep(page)


def test_own_pictures_that_are_none_are_a_sentence(gan, tmp_path):
    page = gan("Train")
    choice = page.get_by_label("Pictures to learn from")
    choice.click()
    page.get_by_role("option", name="my own pictures").click()
    path = tmp_path / "notes.zip"
    path.write_text("no zip")
    page.locator("#gan-files input[type=file]").set_input_files(path)
    expect(page.locator("#gan-files").get_by_text("notes")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("not a picture that can be opened").first).to_be_visible(timeout=60_000)


def test_the_game_says_who_was_rewarded(gan, keep):
    page = gan("The game")
    page.get_by_role("button", name="Play one turn").click()
    board = page.locator("#gan-game")
    expect(board).to_contain_text("D is rewarded", timeout=60_000)
    expect(board).to_contain_text("turn 1")
    page.get_by_role("button", name="10 turns").click()
    expect(board).to_contain_text("turn 11", timeout=60_000)
    keep(page)


def test_a_drawing_is_enlarged_in_three_ways(gan, keep):
    page = gan("Enlarge")
    page.locator(".gallery-item:visible, .gallery button:visible").first.click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Enlarge", exact=True).click()
    expect(page.get_by_role("rowheader", name="GAN").locator("visible=true")).to_be_visible(
        timeout=120_000
    )
    keep(page)


def test_a_drawn_face_becomes_a_portrait(gan, keep):
    page = gan("Translate")
    page.get_by_role("tab", name="Draw", exact=True).click()
    page.get_by_role("button", name="Drawing 1").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Make a portrait of the drawing").click()
    expect(page.get_by_text("no true picture to compare with")).to_be_visible(timeout=120_000)
    keep(page)


def test_the_experiment_streams_and_its_verdict_rests_on_what_is_there(gan, keep):
    page = gan("Augment")
    page.get_by_role("button", name="Start", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Seed 1 of 5")).first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile("Stopped")).first).to_be_visible(timeout=60_000)
    keep(page)
