"""What only the operator may do, as the Plugins tab asks for it."""

from pathlib import Path

import httpx
import pytest
from serving import call

from host.access.tries import Tries

PLUGIN = Path(__file__).parents[1] / "host" / "demo_plugin.py"
FLAGS = ("--plugin", str(PLUGIN), "--only", "demo")
TOKEN = "open sesame"


@pytest.fixture(scope="module")
def guarded(start_app):
    return start_app(*FLAGS, TRIPTYCH_OPERATOR_TOKEN=TOKEN)


@pytest.fixture(scope="module")
def at_home(start_app):
    return start_app(*FLAGS, TRIPTYCH_OPERATOR_TOKEN="")  # set to nothing is not set


def press(app, button, *values, headers=None):
    """What the page does when a button is clicked: the new table, or the error's sentence."""
    with httpx.Client(base_url=app.url, headers=headers, timeout=120) as page:
        config = page.get("config").json()
        ids = {each["props"].get("elem_id"): each["id"] for each in config["components"]}
        event = next(
            each["id"]
            for each in config["dependencies"]
            if [ids.get(button), "click"] in each["targets"]
        )
        output = call(page, event, values)
    return output["error"] if "error" in output else output["data"][0]


def worker(app):
    return app.client().predict(api_name="/demo_pid")


def test_the_token_restarts_a_worker(guarded):
    before = worker(guarded)
    assert press(guarded, "restart-worker", "demo", "guess") == "That is not the operator token."
    assert press(guarded, "restart-worker", "demo", "") == "That is not the operator token."
    assert worker(guarded) == before
    assert "<table" in press(guarded, "restart-worker", "demo", TOKEN)
    assert worker(guarded) != before


def test_the_token_moves_a_plugin_to_another_device(guarded):
    before = worker(guarded)
    assert press(guarded, "move-worker", "demo", ["cpu"], "guess") == (
        "That is not the operator token."
    )
    assert press(guarded, "move-worker", "demo", [], TOKEN) == "Choose one device or more."
    assert "<table" not in press(guarded, "move-worker", "demo", ["cuda:9"], TOKEN)
    assert worker(guarded) == before
    assert "<table" in press(guarded, "move-worker", "demo", ["cpu", "auto"], TOKEN)
    assert worker(guarded) != before
    assert len(guarded.workers()) == 2


def test_without_a_token_this_machine_may(at_home):
    before = worker(at_home)
    assert "<table" in press(at_home, "restart-worker", "demo", "")
    assert worker(at_home) != before


@pytest.mark.parametrize(
    "header", [{"X-Forwarded-For": "203.0.113.9"}, {"Via": "1.1 a"}, {"Forwarded": "for=x"}]
)
def test_without_a_token_nobody_behind_a_proxy_may(at_home, header):
    before = worker(at_home)
    told = press(at_home, "restart-worker", "demo", "", headers=header)
    assert told == "This needs TRIPTYCH_OPERATOR_TOKEN to be set where the app runs."
    assert worker(at_home) == before


def test_guessing_comes_to_an_end_and_the_log_holds_no_token(guarded):
    for _ in range(10):
        press(guarded, "restart-worker", "demo", "guess")
    before = worker(guarded)
    told = press(guarded, "restart-worker", "demo", TOKEN)
    assert told.startswith("Too many wrong operator tokens; try again in ")
    assert worker(guarded) == before
    assert "a wrong operator token from 127.0.0.1" in guarded.log
    assert TOKEN not in guarded.log and "guess" not in guarded.log


def test_tries_come_back_and_are_counted_for_each_address():
    now = [0.0]
    tries = Tries(limit=3, seconds=300, clock=lambda: now[0])
    assert [tries.begin("2001:db8::1") for _ in range(3)] == [0, 0, 0]
    assert tries.begin("2001:db8::2") == 5  # the same network
    assert tries.begin("192.0.2.7") == 0
    now[0] = 299
    assert tries.begin("2001:db8::1") == 1
    now[0] = 300
    assert tries.begin("2001:db8::1") == 0


def test_a_right_one_clears_the_wrong_ones():
    tries = Tries(limit=2)
    for _ in range(5):
        assert tries.begin("192.0.2.7") == 0
        tries.right("192.0.2.7")
