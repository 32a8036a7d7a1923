"""``--reload`` as a client of the API sees it, while files are edited on disk."""

import re
import time
from functools import partial

import psutil
import pytest
from authors.reloaded import BACKEND, HOOK, TAB, Author
from executor_tools import eventually
from gradio_client.exceptions import AppError
from httpx import HTTPError
from serving import starting

soon = partial(eventually, every=0.3)  # each look is a new client


@pytest.fixture
def start_app(tmp_path_factory):
    """As elsewhere, but each test's app ends with it: a dozen that watch files take the cores."""
    with starting(tmp_path_factory) as start:
        yield start


@pytest.fixture
def author(tmp_path):
    return Author(tmp_path)


def _ask(app, *args, **kwargs):
    """One call of a new client; what it raises as text."""
    client = app.client()
    try:
        return client.predict(*args, **kwargs)
    # A client whose list of events is older than the reload gets an error of HTTP.
    except (AppError, ValueError, HTTPError) as error:
        return str(error)
    finally:
        client.close()


def _events(app):
    client = app.client()
    try:
        return set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])
    finally:
        client.close()


def test_a_change_of_the_backend_ends_its_own_worker_and_no_other(start_app, author):
    app = start_app(*author.flags, "--reload")
    neighbour = _ask(app, api_name="/demo_pid")
    client, beside = app.client(), app.client()
    running = client.submit(10_000, api_name="/mine_count")
    counting = beside.submit(100, api_name="/demo_count")
    eventually(lambda: running.outputs() and counting.outputs())
    workers = {worker.pid for worker in app.workers()}
    author.edit("backend.py", '"!"', '"?"')
    with pytest.raises(AppError, match=r"^The Mine worker was restarted\. \(call"):
        running.result(timeout=30)
    soon(lambda: _ask(app, "what", api_name="/mine_shout") == "what?")
    assert counting.result(timeout=60) == "ended at 99"
    assert _ask(app, api_name="/demo_pid") == neighbour
    eventually(lambda: len(app.workers()) == 2)  # the old one is gone
    assert len(workers - {worker.pid for worker in app.workers()}) == 1
    client.close()
    beside.close()


def test_a_file_that_is_saved_as_it_was_and_one_of_a_virtual_environment(start_app, author):
    site = author.folder / ".venv" / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "theirs.py").write_text("x = 1")
    author.edit("tab.py", "import gradio as gr", "import gradio as gr\nimport theirs")
    app = start_app(*author.flags, "--reload", PYTHONPATH=str(site))
    before = app.workers()
    author.write("tab.py", (author.folder / "tab.py").read_text())
    (site / "theirs.py").write_text("x = 2")
    time.sleep(2)
    assert "has changed" not in app.log
    assert {each.pid for each in app.workers()} >= {each.pid for each in before}
    author.edit("backend.py", '"!"', '"?"')
    soon(lambda: _ask(app, "what", api_name="/mine_shout") == "what?")


def test_of_two_plugins_the_one_that_was_chosen_stays_the_one(start_app, tmp_path):
    two = """
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    for name in ("aaa", "bbb"):
        register(Plugin(name=name, title=name, tab=f"two:{name}"))

def aaa(backend):
    import gradio as gr
    gr.Button().click(lambda: "a1", None, gr.Textbox(), api_name="aaa_go")

def bbb(backend):
    import gradio as gr
    gr.Button().click(lambda: "b1", None, gr.Textbox(), api_name="bbb_go")
"""
    (tmp_path / "two.py").write_text(two)
    app = start_app("--plugin", str(tmp_path / "two.py"), "--only", "bbb", "--reload")
    assert _ask(app, api_name="/bbb_go") == "b1"
    (tmp_path / "two.py").write_text(two.replace("b1", "b2"))
    soon(lambda: _ask(app, api_name="/bbb_go") == "b2")
    assert _events(app) == {"/bbb_go"}


def test_events_names_and_new_files_follow_the_code(start_app, author):
    app = start_app(*author.flags, "--reload")
    before = _events(app)
    author.write("words.py", 'WORD = " indeed"\n')
    author.edit("backend.py", "import time", "import time\nfrom mine.words import WORD")
    author.edit("backend.py", 'text + "!"', "text + WORD")
    author.edit("tab.py", 'api_name="mine_fail"', 'api_name="mine_break"')
    soon(lambda: _events(app) == before - {"/mine_fail"} | {"/mine_break"})
    soon(lambda: _ask(app, "yes", api_name="/mine_shout") == "yes indeed")
    author.write("words.py", 'WORD = " of course"\n')
    soon(lambda: _ask(app, "yes", api_name="/mine_shout") == "yes of course")
    author.edit("tab.py", "mine_", "ours_")
    author.edit("__init__.py", 'name="mine"', 'name="ours"')
    soon(lambda: "/ours_shout" in _events(app))
    assert _ask(app, "yes", api_name="/ours_shout") == "yes of course"


def test_a_change_within_the_second_and_of_the_same_length_is_seen(start_app, author):
    """Python itself would take its compiled file for current."""
    app = start_app(*author.flags, "--reload")
    for mark in "?.:;":
        author.write("backend.py", BACKEND.replace('"!"', f'"{mark}"'))
        soon(lambda mark=mark: _ask(app, "so", api_name="/mine_shout") == f"so{mark}")


def test_deleted_files_leave_an_error_and_the_plugin_comes_back_with_them(start_app, author):
    app = start_app(*author.flags, "--reload")
    for name in ("__init__.py", "tab.py", "backend.py"):
        (author.folder / name).unlink()
    soon(lambda: "could not be loaded" in app.wait_until_served())
    assert "/mine_shout" not in _events(app)
    assert _ask(app, 2, api_name="/demo_count") == "ended at 1"
    for name, text in (("backend.py", BACKEND), ("tab.py", TAB), ("__init__.py", HOOK)):
        author.write(name, text)
    soon(lambda: "/mine_shout" in _events(app))
    assert _ask(app, "back", api_name="/mine_shout") == "back!"


def test_of_two_modules_in_a_folder_only_the_edited_one_is_loaded_anew(start_app, tmp_path):
    module = """
import os
import gradio as gr
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(Plugin(name="NAME", title="NAME", tab="NAME:build", backend="NAME:Backend"))

class Backend:
    def __init__(self, context):
        pass

    def pid(self):
        return f"first {os.getpid()}"

def build(backend):
    def pid() -> str:
        return backend.pid()

    gr.Button().click(pid, None, gr.Textbox(), api_name="NAME_pid")
"""
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(module.replace("NAME", name))
    flags = [flag for name in ("one", "two") for flag in ("--plugin", f"{tmp_path}/{name}.py")]
    app = start_app(*flags, "--only", "one,two", "--reload")
    two = _ask(app, api_name="/two_pid")
    edited = (tmp_path / "one.py").read_text().replace("first", "second")
    (tmp_path / "one.py").write_text(edited)
    soon(lambda: _ask(app, api_name="/one_pid").startswith("second"))
    assert _ask(app, api_name="/two_pid") == two


def test_an_authors_lines_are_for_the_author_alone(start_app, author):
    """A failed event in the tab tells its lines with --reload, and nobody else any."""
    told = _ask(start_app(*author.flags, "--reload"), api_name="/mine_fail_here")
    assert "tab.py, line 19, in fail_here" in told
    assert "KeyError: &#x27;&lt;i&gt;here&lt;/i&gt;&#x27;" in told
    assert "host" not in told
    public = _ask(start_app(*author.flags), api_name="/mine_fail_here")
    assert re.fullmatch(r"Something went wrong in Mine\.? \(call [0-9a-f]{8}\)\.?", public)


@pytest.mark.parametrize("flags", [[], ["--reload"]])
def test_a_tab_that_hangs_does_not_keep_the_others_from_being_served(start_app, author, flags):
    author.edit("tab.py", "def build(backend):", "def build(backend):\n    while True: pass\n")
    app = start_app(*author.flags, *flags, TRIPTYCH_LOAD_LIMIT="3")
    assert "its tab was not built within 3 s" in app.wait_until_served()
    assert _ask(app, 2, api_name="/demo_count") == "ended at 1"
    assert ("tab.py, line 5, in build" in app.wait_until_served()) == bool(flags)
    used = psutil.Process(app.process.pid).cpu_percent(interval=1.0)
    assert used < 80  # nothing goes on turning
