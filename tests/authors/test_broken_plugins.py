"""Plugins that are broken in ten ways and more, all installed at once, beside good ones."""

import html
import re
import shutil
import signal
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
import psutil
import pytest
from executor_tools import eventually
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

BROKEN = Path(__file__).with_name("broken_plugins")
LIMITS = {
    "TRIPTYCH_LOAD_LIMIT": "2",
    "TRIPTYCH_PLUGINS__HANGING__TIME_LIMIT": "2",
    "TRIPTYCH_PLUGINS__EATING__MEMORY_LIMIT": "400",
}


@pytest.fixture(scope="module")
def app(installation, tmp_path_factory):
    """Triptych, hello, sketch, my_plugin and all the broken ones, from their wheels."""
    from installed import pip, wheel

    folder = tmp_path_factory.mktemp("broken")
    project = shutil.copytree(BROKEN, folder / "project")
    (project / "broken_syntax.py").write_text("def half_a_line(:\n")
    wheel(project, folder)
    (built,) = folder.glob("*.whl")
    # Beside the environment, not into it: other tests use that too.
    pip(
        installation.python,
        *("install", "-q", "--no-deps", "--no-compile"),
        *("--target", str(folder / "site"), str(built)),
    )
    app = installation.serve(
        folder,
        "--offline",
        PYTHONPATH=str(folder / "site"),
        **LIMITS,
    )
    yield app
    if app.process.poll() is None:
        app.stop()


@pytest.fixture(scope="module")
def client(app):
    client = app.client()
    yield client
    client.close()


class Neighbours:
    """Use the good tabs again and again, each with a visitor of its own."""

    def __init__(self, app, picture):
        self.answers = {"hello": 0, "sketch": 0}
        self.wrong = []
        self._stop = threading.Event()
        calls = {"hello": self._greet, "sketch": self._sketch}
        self._threads = [
            threading.Thread(target=self._run, args=(app, name, call))
            for name, call in calls.items()
        ]
        self._picture = picture
        for thread in self._threads:
            thread.start()

    def _run(self, app, name, call):
        client = app.client()
        while not self._stop.is_set():
            try:
                call(client, self.answers[name])
                self.answers[name] += 1
                time.sleep(0.05)
            except Exception as error:
                self.wrong.append(f"{name}: {error!r}")
                break
        client.close()

    def _greet(self, client, number):
        answer = client.predict(f"visitor {number}", api_name="/hello_greet")
        assert answer == f"Hello, visitor {number}!"

    def _sketch(self, client, number):
        lines, text = client.predict(self._picture, api_name="/sketch_outline")
        assert text == "Outlines"
        drawn = np.asarray(Image.open(lines).convert("L"))
        assert drawn[:20].mean() > 230 > 130 > drawn.min()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert self.wrong == []


@pytest.fixture(scope="module")
def neighbours(app, tmp_path_factory):
    """They keep on while everything else happens."""
    picture = np.full((60, 90), 255, np.uint8)
    picture[20:40, 30:60] = 20
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(picture).save(path)
    neighbours = Neighbours(app, handle_file(str(path)))
    yield neighbours
    neighbours.stop()


@pytest.fixture(autouse=True)
def good_tabs_keep_answering(neighbours):
    """Both answer, rightly, while a test runs."""
    before = dict(neighbours.answers)
    yield
    eventually(
        lambda: (
            neighbours.wrong or all(neighbours.answers[name] >= before[name] + 3 for name in before)
        )
    )
    assert neighbours.wrong == []


@pytest.mark.parametrize(
    "sentence",
    [
        "broken_import could not be loaded. ModuleNotFoundError: No module named 'no_such_library'",
        "broken_syntax could not be loaded. SyntaxError: invalid syntax",
        "broken_hang could not be loaded. it was not imported within 2 s",
        "Raising tab could not be loaded. RuntimeError: no tab today",
        "Hanging tab could not be loaded. its tab was not built within 2 s",
        "Future could not be loaded. it was written for version 99 of the plugin API",
        "could not be loaded. another plugin is already called hello",
        "belongs to the plugin hello",
    ],
)
def test_what_cannot_be_loaded_says_so_in_its_tab(sentence, app):
    page = urllib.request.urlopen(f"{app.url}config", timeout=30).read().decode()
    text = html.unescape(re.sub(r"</?b>", "", page)).replace("\\\\", "")
    assert sentence.casefold() in text.casefold()


def test_a_backend_that_raises(client):
    with pytest.raises(AppError, match=r"^Raising could not be started\. The log says why\."):
        client.predict(api_name="/raising_go")


def test_a_segmentation_fault(app, client):
    with pytest.raises(AppError, match="Crashing worker stopped unexpectedly. Please try again"):
        client.predict(api_name="/crashing_go")
    app.wait_for_log("killed by signal 11")


def test_a_hang(client):
    with pytest.raises(AppError, match="Hanging took longer than its limit of 2 s"):
        client.predict(api_name="/hanging_go")


def test_two_gigabytes(client):
    with pytest.raises(AppError, match="Eating used more than its 400 MB of memory and was stop"):
        client.predict(api_name="/eating_go")


def test_endless_printing(app, client, neighbours):
    """It costs a hundred lines a second and no memory, and its neighbours go on answering."""
    web = psutil.Process(app.process.pid)
    assert client.predict(api_name="/printing_go") == "It prints."
    app.wait_for_log(r"worker.printing: \.\.\. [\d,]+ lines more \([\d.]+ MB\) were left out")
    answered, lines = dict(neighbours.answers), app.log.count("\n")
    memory, began = web.memory_info().rss, time.monotonic()
    time.sleep(5)
    seconds = time.monotonic() - began
    assert app.log.count("\n") - lines < 200 * seconds
    assert web.memory_info().rss - memory < 30 << 20
    for name, before in answered.items():
        assert neighbours.answers[name] > before


def test_the_whole_log_is_short(app):
    assert app.log.count("\n") < 5000


def test_all_at_once_and_then_the_end(app, client, neighbours):
    """While everything that can go wrong does, SIGTERM still ends the app and its workers."""
    jobs = [
        client.submit(api_name=f"/{name}_go")
        for name in ("hanging", "crashing", "eating", "printing", "raising")
    ]
    before = dict(neighbours.answers)
    eventually(lambda: all(neighbours.answers[name] > before[name] + 3 for name in before))
    neighbours.stop()
    workers = app.workers()
    assert workers
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(10) == 0
    eventually(lambda: not any(worker.is_running() for worker in workers), 5)
    del jobs
