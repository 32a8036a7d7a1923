"""The playground of the GAN tab, by hand: mouse, finger, phone and dark mode."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def enter(page):
    for name in ("GAN", "Playground"):
        page.wait_for_timeout(1000)  # what does not fit is found out after the page is shown
        tab = page.get_by_role("tab", name=name, exact=True)
        if tab.count():
            tab.click()
        else:  # on a narrow screen, in the menu of what does not fit
            menu = page.locator(".overflow-dropdown button").filter(has_text=name)
            menu.first.evaluate("node => node.click()")
    page.locator(".gp-canvas").scroll_into_view_if_needed()  # the first frame waits for that
    seen(page)


def seen(page):
    """The untrained game is on show."""
    expect(page.locator(".gp-canvas")).to_have_attribute(
        "aria-label", re.compile(r"250 real and 250 generated"), timeout=120_000
    )


def shown(page):
    """What the canvas says of itself: step, points, JS."""
    return page.locator(".gp-canvas").get_attribute("aria-label")


def step(page):
    return int(re.search(r"step (\d+)", shown(page)).group(1))


def play_until(page, least):
    page.wait_for_function(
        """least => {
            const label = document.querySelector('.gp-canvas').ariaLabel;
            return +label.match(/step (\\d+)/)?.[1] >= least;
        }""",
        arg=least,
        timeout=120_000,
    )


def press(page, name):
    page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()


def paused(page):
    expect(page.get_by_text("Paused; Run goes on.")).to_be_visible(timeout=60_000)
    return step(page)


def colours(page):
    """How many different colours the canvas shows; an empty one has few."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector('.gp-canvas');
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )


def picture(page):
    return page.evaluate("document.querySelector('.gp-canvas').toDataURL()")


def place(page, x, y):
    """Where a point of the plane is on the screen."""
    canvas = page.locator(".gp-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return (
        box["x"] + (x + 1.2) / 2.4 * box["width"],
        box["y"] + (1.2 - y) / 2.4 * box["height"],
    )


def choose(page, label, option):
    page.get_by_label(label, exact=True).locator("visible=true").click()
    page.get_by_role("option", name=option).click()


def test_a_game_runs_pauses_and_goes_on(demo, visit, keep):
    page = visit(demo)
    enter(page)
    assert step(page) == 0
    press(page, "Run")
    play_until(page, 30)
    keep(page, "playground-running")
    press(page, "Pause")
    first = paused(page)
    press(page, "Run")
    play_until(page, first + 10)
    press(page, "Pause")
    assert paused(page) > first
    assert re.search(r"JS divergence \d", shown(page))
    press(page, "New")
    expect(page.get_by_text("A new game. Press Run")).to_be_visible(timeout=60_000)
    assert step(page) == 0


def test_a_change_takes_hold_in_mid_run(demo, visit, keep):
    page = visit(demo)
    enter(page)
    press(page, "Run")
    play_until(page, 20)
    choose(page, "Real distribution", "grid")
    expect(page.get_by_text(re.compile(r"\d of 9 modes"))).to_be_visible(timeout=60_000)
    play_until(page, step(page) + 10)  # without a click
    keep(page, "playground-changed")
    press(page, "Pause")
    paused(page)


def test_layers_are_switched_and_d_is_asked(demo, visit):
    page = visit(demo)
    enter(page)
    many = colours(page)
    for name in ("D: generated | real", "real points", "generated points"):
        page.get_by_role("button", name=name).click()
    page.wait_for_timeout(200)
    assert colours(page) < many
    read = page.locator(".gp-read")
    page.mouse.move(*place(page, 0.5, -0.5))
    expect(read).to_contain_text(re.compile(r"D\(0\.5\d?, −0\.5\d?\) = [01]\.\d\d"))
    page.locator(".gp-canvas").focus()
    before = read.inner_text()
    page.keyboard.press("ArrowLeft")
    expect(read).not_to_have_text(before)


def test_slow_motion_tells_what_happens(demo, visit, keep):
    page = visit(demo)
    enter(page)
    told = []
    caption = page.locator(".gp-caption")
    for _ in range(3):
        press(page, "Next sub-step")
        expect(caption).not_to_have_text(told[-1] if told else "", timeout=60_000)
        told.append(caption.inner_text())
        assert page.locator(".gp-flow .on").count() > 0
    assert len(set(told)) == 3
    keep(page, "playground-slow")
    press(page, "A whole step")
    expect(page.get_by_text("The step is done.")).to_be_visible(timeout=60_000)
    assert step(page) == 1


def test_slow_motion_can_be_paused(demo, visit):
    page = visit(demo)
    enter(page)
    press(page, "A whole step")
    line = page.get_by_text(", in slow motion")
    expect(line).to_be_visible(timeout=60_000)
    press(page, "Pause")
    page.wait_for_timeout(500)
    left = line.inner_text()
    page.wait_for_timeout(3_000)
    assert line.inner_text() == left
    press(page, "A whole step")
    expect(line).not_to_have_text(left, timeout=60_000)
    press(page, "New")
    expect(page.get_by_text("A new game. Press Run")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2_000)
    expect(page.get_by_text("A new game. Press Run")).to_be_visible()
    press(page, "Run")
    play_until(page, 10)
    press(page, "Pause")
    paused(page)


def test_a_seed_that_is_not_allowed_is_a_sentence(demo, visit):
    page = visit(demo)
    enter(page)
    before = picture(page)
    page.get_by_text("Noise, networks, seed").click()
    seed = page.get_by_label("Seed", exact=False).locator("visible=true").first
    for typed, sentence in (
        ("", "The seed must be a whole number between"),
        ("-5", "The seed must be a whole number between"),
        ("99999999999", "The seed must be a whole number between"),
    ):
        seed.fill(typed)
        expect(page.get_by_text(sentence)).to_be_visible(timeout=60_000)
    assert picture(page) == before
    seed.fill("3")
    expect(page.get_by_text("A new game. Press Run")).to_be_visible(timeout=60_000)


def test_one_can_go_back_in_time_and_play_on(demo, visit):
    page = visit(demo)
    enter(page)
    press(page, "Run")
    play_until(page, 60)
    slider = page.get_by_label(re.compile("range slider for Go back in time"))
    slider.focus()
    slider.press("Home")  # in mid-run
    expect(page.get_by_text("A new game. Press Run")).to_be_visible(timeout=60_000)
    assert step(page) == 0
    press(page, "Run")
    play_until(page, 5)
    press(page, "Pause")
    paused(page)


def draw(page, x, y, across=0.5):
    page.mouse.move(*place(page, x, y))
    page.mouse.down()
    page.mouse.move(*place(page, x + across, y), steps=10)
    page.mouse.up()


def test_a_distribution_is_drawn_with_the_mouse(demo, visit, keep):
    page = visit(demo)
    enter(page)
    press(page, "Draw your own")
    draw(page, -0.8, -0.5)
    count = page.locator(".gp-count")
    expect(count).to_have_text(re.compile(r"^\d{2,} points$"))
    once = count.inner_text()
    draw(page, 0.1, 0.5)
    expect(count).not_to_have_text(once)
    press(page, "Undo")
    expect(count).to_have_text(once)
    press(page, "Done drawing")
    press(page, "Run")
    play_until(page, 30)
    keep(page, "playground-drawn")
    press(page, "Pause")
    paused(page)
    expect(page.get_by_label("Real distribution", exact=True)).to_have_value(re.compile("^own"))


def test_a_distribution_is_drawn_with_a_finger_on_a_phone(demo, chromium, keep):
    context = chromium.new_context(
        viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(demo.url)
    page.get_by_role("tab").first.wait_for(timeout=60_000)
    enter(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Draw your own").tap()
    canvas = page.locator(".gp-canvas")
    assert canvas.evaluate("node => getComputedStyle(node).touchAction") == "none"
    scrolled = page.evaluate("scrollY")
    x, y = place(page, -0.5, 0.5)
    touch = context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", _touch("touchStart", x, y))
    for n in range(1, 9):
        touch.send("Input.dispatchTouchEvent", _touch("touchMove", x, y + 10 * n))
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".gp-count")).to_have_text(re.compile(r"^\d{2,} points$"))
    assert abs(page.evaluate("scrollY") - scrolled) < 200
    own = page.get_by_label("Real distribution", exact=True)
    expect(own).to_have_value(re.compile("^own"), timeout=60_000)
    page.wait_for_timeout(1500)  # what the drawing changes on the page has moved the buttons
    page.get_by_role("button", name="Done drawing").tap()
    expect(canvas).not_to_have_css("touch-action", "none")
    page.get_by_role("button", name="Run", exact=True).tap()
    play_until(page, 10)
    keep(page, "playground-phone")
    context.close()
    assert errors == []


def _touch(kind, x, y):
    return {"type": kind, "touchPoints": [{"x": x, "y": y}]}


def test_points_come_from_a_csv(demo, visit, tmp_path):
    page = visit(demo)
    enter(page)
    before = picture(page)
    file = tmp_path / "points.csv"
    file.write_text("x,y\n" + "\n".join(f"{n / 50 - 1},{0.5}" for n in range(100)))
    page.locator("input[type=file][accept*=csv]").first.set_input_files(str(file))
    expect(page.get_by_label("Real distribution", exact=True)).to_have_value(
        re.compile("^own"), timeout=60_000
    )
    page.wait_for_timeout(500)
    assert picture(page) != before
    other = tmp_path / "other.csv"
    other.write_text("no points at all")
    page.locator("input[type=file][accept*=csv]").first.set_input_files(str(other))
    expect(page.get_by_test_id("toast-body")).to_contain_text("CSV", timeout=60_000)


def test_a_preset_sets_the_controls_and_says_what_to_watch(demo, visit, keep):
    page = visit(demo)
    enter(page)
    page.get_by_label("See this", exact=True).click()
    page.get_by_role("option").nth(1).click()
    expect(page.get_by_text(re.compile("^Watch:")).first).to_be_visible(timeout=60_000)
    press(page, "Run")
    play_until(page, 20)
    keep(page, "playground-preset")
    press(page, "Pause")
    paused(page)


def test_a_link_brings_the_same_game(demo, visit, keep):
    page = visit(demo)
    enter(page)
    choose(page, "Real distribution", "spiral")
    press(page, "Copy a link to these settings")
    link = page.locator("#gan-play-link textarea, #gan-play-link input")
    expect(link).to_have_value(re.compile("#gan=.+"), timeout=60_000)
    again = visit(demo)
    again.goto("about:blank")
    again.goto(link.input_value())
    seen(again)  # without a click
    expect(again.get_by_label("Real distribution", exact=True)).to_have_value("spiral")


@pytest.mark.parametrize("width", [320, 360])  # at 320 GAN is surely in the menu, in any font
def test_a_link_opens_the_playground_on_a_phone(demo, visit, width):
    page = visit(demo, width=width, height=780)
    page.goto("about:blank")
    page.goto(demo.url + "?tab=gan/playground#gan=")
    page.locator(".gp-canvas").scroll_into_view_if_needed(timeout=60_000)  # it may be further down
    seen(page)


def test_a_damaged_link_is_a_sentence(demo, visit):
    page = visit(demo)
    page.goto("about:blank")
    page.goto(demo.url + "?tab=gan/playground#gan=%3Cscript%3E")
    seen(page)
    expect(page.get_by_text("The link's settings cannot be read")).to_be_visible()
    expect(page.get_by_label("Real distribution", exact=True)).to_have_value("ring")


def test_it_is_drawn_for_the_dark(demo, visit, keep):
    page = visit(demo, "?__theme=dark&tab=gan/playground")
    page.locator(".gp-canvas").scroll_into_view_if_needed(timeout=60_000)
    seen(page)
    corner = page.evaluate(
        "[...document.querySelector('.gp-canvas').getContext('2d').getImageData(3, 3, 1, 1).data]"
    )
    assert max(corner[:3]) < 80
    keep(page, "playground-dark")
