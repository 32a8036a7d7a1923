"""Plugins installed from wheels, as visitors use them in Chromium."""

from pathlib import Path

import pytest
from installed import installed, text_to_image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHOTO = Path(__file__).parents[2] / "assets" / "style" / "autumn.jpg"


@pytest.fixture(scope="module")
def app(request, tmp_path_factory):
    installation = installed(request.config.cache.mkdir("installed"))
    app = installation.serve(tmp_path_factory.mktemp("installed"), "--offline")
    yield app
    app.stop()


def test_hello_greets(app, visit, keep):
    page = visit(app)
    page.get_by_role("tab", name="Hello").click()
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_label("Answer")).to_have_value("Hello, Ada!")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("Please write a name.")
    keep(page, "installed-hello")


def test_sketch_draws_stroke_by_stroke_and_stops(app, visit, keep):
    page = visit(app)
    page.get_by_role("tab", name="Sketch").click()
    tab = page.get_by_role("tabpanel").filter(visible=True)
    tab.locator("input[type=file]").set_input_files(PHOTO)
    tab.get_by_label("Coloured pencils").check()
    tab.get_by_role("button", name="Draw", exact=True).click()
    expect(tab.get_by_text("strokes ·")).to_be_visible()
    expect(tab.get_by_text("strokes", exact=False).last).not_to_contain_text("%", timeout=60_000)
    expect(tab.get_by_role("img").last).to_be_visible()
    keep(page, "installed-sketch")
    tab.get_by_label("Pencil", exact=True).check()
    tab.get_by_role("button", name="Draw", exact=True).click()
    expect(tab.get_by_text("%")).to_be_visible()
    tab.get_by_role("button", name="Stop").click()
    expect(tab.get_by_text("stopped")).to_be_visible(timeout=10_000)


def test_the_generated_plugin_blurs_its_example(app, visit, keep):
    page = visit(app)
    page.get_by_role("tab", name="My plugin").click()
    tab = page.get_by_role("tabpanel").filter(visible=True)
    tab.locator("input[type=file]").set_input_files(PHOTO)
    tab.get_by_role("button", name="Find edges").click()
    expect(tab.get_by_label("Download")).to_be_visible(timeout=30_000)
    keep(page, "installed-my-plugin")


@pytest.mark.timeout(900)
def test_text_to_image_shows_its_steps_and_a_picture(request, tmp_path, visit, keep):
    installation = text_to_image(request.config.cache.mkdir("installed"))
    app = installation.serve(
        tmp_path, *("--offline", "--only", "text_to_image"), cwd=installation.folder
    )
    request.addfinalizer(app.kill)
    page = visit(app)
    page.get_by_label("Prompt").fill("a lighthouse at dusk")
    page.get_by_role("button", name="Generate").click()
    results = page.locator(".grid-wrap img")
    expect(results).to_have_count(1, timeout=120_000)
    keep(page, "installed-text-to-image")
    page.get_by_label("Prompt").fill("")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_test_id("toast-body")).to_be_visible(timeout=30_000)
    client = app.client()
    job = client.submit(
        "a red fox", picture=None, steps=3, width=64, height=64, api_name="/text_to_image_generate"
    )
    _, pictures, _ = job.result(timeout=120)
    assert len(pictures) == 1
    assert len(job.outputs()) > 1  # a picture after each step
    client.close()
    assert app.stop() == 0
