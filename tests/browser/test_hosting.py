"""Signing in, refusals, the operator and consent, as people meet them."""

import io
import re
from pathlib import Path

import pytest
from browsers import put
from playwright.sync_api import expect

from host.cli import main

pytestmark = pytest.mark.browser

FACES = Path(__file__).parents[2] / "assets" / "face"
DEMO = Path(__file__).parents[1] / "host" / "demo_plugin.py"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def guarded(start_app, tmp_path_factory):
    """Only ada gets in, with one call at once; there is an operator."""
    users = tmp_path_factory.mktemp("access") / "users"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        assert main(["users", "add", "ada", "--password-stdin", "--file", str(users)]) == 0
    return start_app(
        *("--plugin", str(DEMO), "--only", "demo"),
        *("--users", str(users), "--limit", "visitor_calls=1"),
        TRIPTYCH_OPERATOR_TOKEN="open sesame",
    )


def sign_in(page, password=PASSWORD):
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_only_who_signs_in_sees_the_page(guarded, visit, keep):
    page = visit(guarded, signed_in=False)
    expect(page.get_by_role("tab")).to_have_count(0)
    keep(page, "login")
    sign_in(page, "a guess")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    sign_in(page)
    expect(page.get_by_role("tab", name="Demo")).to_be_visible(timeout=30_000)
    keep(page, "signed-in")
    page.get_by_text("Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible(timeout=30_000)


def test_a_refused_call_says_why(guarded, visit, keep):
    page = visit(guarded, signed_in=False)
    sign_in(page)
    page.get_by_label("Number").fill("200")
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_label("Answer")).to_have_value(re.compile(r"[1-9]"), timeout=30_000)
    page.get_by_role("button", name="Pid").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("You have 1 call running or waiting", timeout=30_000)
    keep(page)
    page.get_by_role("button", name="Stop").click()


def test_the_operator_moves_a_plugin(guarded, visit, keep):
    page = visit(guarded, signed_in=False)
    sign_in(page)
    page.get_by_role("tab", name="Plugins").click()
    row = page.locator("table.plugins tbody tr").first
    expect(row.get_by_text("ready")).to_be_visible(timeout=30_000)
    page.get_by_label("Operator token").fill("open sesame")
    page.locator("#move-worker").click()
    # The workers are new ones: nobody has called them.
    expect(row.get_by_text("ready")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    keep(page)


def test_a_shared_gallery_asks_for_consent(start_app, visit, keep, tmp_path):
    app = start_app(
        *("--only", "face", "--offline"),
        TRIPTYCH_PLUGINS__FACE__OPTIONS=f'{{"gallery": "sqlite:///{tmp_path}/people.sqlite"}}',
        TRIPTYCH_OPERATOR_TOKEN="open sesame",
    )
    page = visit(app)
    page.get_by_role("tab", name="Recognise").click()
    expect(page.get_by_text("kept by the operator in a SQLite database")).to_be_visible()
    put(page, "Picture of a person", FACES / "anna_1.jpg")
    page.get_by_label("Name", exact=True).fill("Anna")
    enrol = page.get_by_role("button", name="Enrol", exact=True)
    enrol.click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("agree to be remembered here", timeout=60_000)
    keep(page)
    page.get_by_label("The people in these pictures agree").check()
    enrol.click()
    people = page.locator(".face-people:visible")
    expect(people).to_contain_text("Anna", timeout=60_000)
    page.get_by_role("button", name="Delete everybody").click()
    expect(toast.last).to_contain_text("not the operator token", timeout=30_000)
    keep(page, "shared-gallery")
    page.get_by_label("Operator token").first.fill("open sesame")
    page.get_by_role("button", name="Delete everybody").click()
    expect(people).to_contain_text("Nobody is known yet", timeout=30_000)


def test_nothing_is_asked_for_that_is_closed(demo, chromium):
    wrong = []
    context = chromium.new_context()
    page = context.new_page()
    page.on("response", lambda each: wrong.append(each.url) if each.status >= 400 else None)
    page.on("console", lambda each: wrong.append(each.text) if each.type == "error" else None)
    page.goto(demo.url)
    page.get_by_role("tab").first.wait_for(timeout=60_000)
    for name in ("Style", "GAN", "Plugins", "Faces"):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(500)
    context.close()
    assert wrong == []
