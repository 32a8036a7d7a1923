"""The served app with a third-party plugin and broken neighbours."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from executor_tools import eventually
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from host.executors.call import CallCancelled
from host.ui.events import guard

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLUGINS = [
    flag
    for name in ("demo_plugin", "neighbour_plugin", "broken_tab", "broken_backend")
    for flag in ("--plugin", str(HERE / f"{name}.py"))
]


@pytest.fixture(scope="module")
def app(start_app):
    return start_app(*PLUGINS, "--only", "demo,neighbour,broken_tab,broken_backend")


@pytest.fixture
def client(app):
    client = app.client()
    yield client
    client.close()


def test_the_api_lists_the_plugins_events_and_nothing_else(client):
    named = set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])
    assert named == {
        "/demo_brightness",
        "/demo_count",
        "/demo_fail",
        "/demo_fail_here",
        "/demo_die",
        "/demo_pid",
        "/broken_backend_go",
        "/neighbour_count",
    }


def test_a_picture_reaches_the_backend_clean(client, tmp_path):
    Image.fromarray(np.full((40, 60), 30_000, np.uint16)).save(tmp_path / "deep.png")
    answer = client.predict(handle_file(str(tmp_path / "deep.png")), api_name="/demo_brightness")
    assert answer == "117.0 of (40, 60, 3)"


def test_a_bad_picture_and_no_picture_are_answered_with_a_sentence(client, tmp_path):
    (tmp_path / "lie.jpg").write_text("<svg onload=alert(1)>")
    with pytest.raises(AppError, match="not a picture"):
        client.predict(handle_file(str(tmp_path / "lie.jpg")), api_name="/demo_brightness")
    with pytest.raises(AppError, match=r"^Please give a picture\.$"):
        client.predict(None, api_name="/demo_brightness")


@pytest.mark.parametrize("event", ["/demo_fail", "/demo_fail_here"])
def test_a_failure_shows_a_call_id_that_the_log_has_too(event, app, client):
    with pytest.raises(AppError) as caught:
        client.predict(api_name=event)
    said = str(caught.value)
    assert "secret" not in said
    call = re.fullmatch(r"Something went wrong in Demo\.? \(call ([0-9a-f]{8})\)\.?", said)
    assert call, said
    lines = [line for line in app.log.splitlines() if f"[{call[1]}]" in line]
    assert any("ERROR" in line for line in lines)


def test_streams_reach_the_client(client):
    job = client.submit(3, api_name="/demo_count")
    assert job.result(timeout=30) == "ended at 2"
    assert job.outputs()[:3] == ["0", "1", "2"]


def test_a_worker_killed_in_mid_call(client):
    """The visitor sees a sentence, the next call works, the other tabs never notice."""
    pid = int(client.predict(api_name="/demo_pid"))
    job = client.submit(1000, api_name="/demo_count")
    beside = client.submit(40, api_name="/neighbour_count")
    eventually(lambda: len(job.outputs()) > 2 and len(beside.outputs()) > 0)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(AppError, match=r"Demo worker stopped unexpectedly.*\(call [0-9a-f]{8}\)"):
        job.result(timeout=30)
    assert client.predict(2, api_name="/demo_count") == "ended at 1"
    assert beside.result(timeout=30) == "39"


def test_a_worker_that_ends_itself_in_mid_call(client):
    with pytest.raises(AppError, match="stopped unexpectedly"):
        client.predict(api_name="/demo_die")
    assert client.predict(2, api_name="/demo_count") == "ended at 1"


def test_an_address_in_place_of_a_picture_is_not_fetched(client):
    with pytest.raises(httpx.HTTPStatusError) as refused:
        client.predict(
            {"path": "http://127.0.0.1:9/a.png", "meta": {"_type": "gradio.FileData"}},
            api_name="/demo_brightness",
        )
    assert "fetches no files from elsewhere" in refused.value.response.json()["detail"]


def test_nobody_skips_the_queue(app):
    body = json.dumps({"data": [3]}).encode()
    request = urllib.request.Request(
        f"{app.url}gradio_api/run/demo_count", body, {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)


def test_the_first_screen_has_a_card_for_each_plugin_that_has_a_tab(start_app, tmp_path):
    Image.new("RGB", (30, 20), "teal").save(tmp_path / "cover.png")
    for name, more in (("absent", "requires=('no_such',)"), ("covered", "cover=COVER")):
        (tmp_path / f"{name}.py").write_text(
            f"""
from pathlib import Path
from host import Plugin, hookimpl

COVER = Path(__file__).with_name("cover.png")

@hookimpl
def register_plugins(register):
    register(Plugin(name="{name}", title="{name}", tab="{name}:build", {more}))

def build(backend):
    pass
"""
        )
    new = [flag for name in ("absent", "covered") for flag in ("--plugin", f"{tmp_path}/{name}.py")]
    others = "face,style,gan,neighbour,broken_backend"
    app = start_app(*PLUGINS, *new, "--disable", others)
    components = httpx.get(f"{app.url}config").json()["components"]
    values = {each["props"].get("value") for each in components if each["type"] == "button"}
    assert {str(value) for value in values if str(value).startswith("Open ")} == {
        "Open Demo",
        "Open covered",
    }
    assert httpx.get(f"{app.url}covers/covered").content == (tmp_path / "cover.png").read_bytes()
    for name in ("demo", "absent", "..%2Fcover.png"):
        assert httpx.get(f"{app.url}covers/{name}").status_code == 404
    assert app.stop() == 0


def test_a_plugin_cannot_take_another_ones_event_names(start_app, tmp_path):
    (tmp_path / "thief.py").write_text(
        """
import gradio as gr
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(Plugin(name="thief", title="Thief", tab="thief:build"))

def build(backend):
    gr.Button().click(lambda: None, api_name="demo_count")
"""
    )
    plugins = ["--plugin", str(tmp_path / "thief.py"), *PLUGINS]
    app = start_app(*plugins, "--only", "demo,thief")
    assert "the event name demo_count belongs to the plugin demo" in app.wait_until_served()
    client = app.client()
    assert client.predict(2, api_name="/demo_count") == "ended at 1"
    client.close()
    assert app.stop() == 0


def test_two_visitors_at_once_get_their_own_answers(app, tmp_path):
    visitors = [app.client(), app.client()]
    for level in (0, 200):
        Image.new("RGB", (64, 64), (level,) * 3).save(tmp_path / f"{level}.png")
    jobs = [
        (
            level,
            visitor.submit(
                handle_file(str(tmp_path / f"{level}.png")), api_name="/demo_brightness"
            ),
        )
        for _ in range(5)
        for visitor, level in zip(visitors, (0, 200), strict=True)
    ]
    for level, job in jobs:
        assert job.result(timeout=30).startswith(f"{level}.0 of")
    for visitor in visitors:
        visitor.close()


def test_two_visitors_and_one_who_leaves(app):
    """A visitor who leaves in mid-call frees the worker for the one who waits."""
    leaving, staying = app.client(), app.client()
    long = leaving.submit(100_000, api_name="/demo_count")
    eventually(lambda: len(long.outputs()) > 0)
    short = staying.submit(2, api_name="/demo_count")
    long.cancel()
    leaving.close()
    assert short.result(timeout=30) == "ended at 1"
    staying.close()


def test_a_stream_stopped_before_its_turn_ends_without_an_error():
    def stream():
        yield "begun"
        raise CallCancelled("Stopped before it began.")

    assert list(guard(stream, "Demo")()) == ["begun"]


def test_a_tab_that_cannot_be_built_and_a_backend_that_cannot_start_say_so(app, client):
    page = app.wait_until_served()
    assert "Broken tab could not be loaded." in page
    assert r"no such &lt;widget&gt;" in page or r"no such \u0026lt;widget" in page
    assert "half of a tab" not in page
    with pytest.raises(AppError, match="^Broken backend could not be started. The log says why."):
        client.predict(api_name="/broken_backend_go")
    assert "the model file is missing" in app.log


@pytest.mark.parametrize("public", [("--host", "0.0.0.0"), ("--trusted-proxies", "127.0.0.1")])
def test_what_exceptions_said_is_not_on_a_public_page(start_app, public):
    app = start_app(*PLUGINS, "--only", "demo,broken_tab", *public)
    page = app.wait_until_served()
    assert "Broken tab could not be loaded." in page
    assert "no such" not in page
    assert "no such <widget>" in app.log


@pytest.mark.parametrize("error", [SystemExit(5), KeyboardInterrupt()])
def test_a_tab_cannot_end_the_server(error):
    def leave():
        raise error

    with pytest.raises(gr.Error, match=r"Something went wrong in Demo \(call [0-9a-f]{8}\)"):
        guard(leave, "Demo")()


def test_the_plugin_in_the_readme_works(start_app, tmp_path):
    readme = (ROOT / "README.md").read_text()
    source = re.search(r"```python\n(# hello\.py\n.*?)```", readme, re.DOTALL)[1]
    (tmp_path / "hello.py").write_text(source)
    check = [sys.executable, "-m", "host", "check", str(tmp_path / "hello.py")]
    checked = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout
    client = start_app("--plugin", str(tmp_path / "hello.py"), "--only", "hello").client()
    job = client.submit("Ada", api_name="/hello_greet")
    assert job.result(timeout=30) == "Hello, Ada"
    assert job.outputs()[0] == "Hello, A"
    with pytest.raises(AppError, match="Please give a name"):
        client.predict("", api_name="/hello_greet")
    client.close()


def test_strict_mode_refuses_a_broken_plugin(tmp_path):
    command = [sys.executable, str(ROOT / "app.py"), "--strict", *PLUGINS, "--only", "broken_tab"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert (
        "triptych: Plugin broken_tab: its tab failed: RuntimeError: no such <widget>" in ran.stderr
    )
    assert "Traceback" not in ran.stderr


def test_a_device_that_is_not_there_stops_the_start_with_a_sentence():
    flags = [*PLUGINS, "--only", "demo", "--device", "demo=cuda:9"]
    command = [sys.executable, str(ROOT / "app.py"), *flags]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "Plugin demo asks for the device 'cuda:9', which is not here" in ran.stderr
    assert "This machine has: cpu" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_a_sentence(app):
    command = [sys.executable, str(ROOT / "app.py"), *PLUGINS, "--only", "demo"]
    command += ["--port", str(app.port)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert f"triptych: 127.0.0.1:{app.port} cannot be served" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_terminate_ends_host_and_workers(start_app):
    app = start_app(*PLUGINS, "--only", "demo", "--device", "demo=cpu,cpu")
    eventually(lambda: len(app.workers()) == 2)
    workers = app.workers()
    assert app.stop() == 0
    assert not any(worker.is_running() for worker in workers)


def test_nothing_a_visitor_uploaded_outlives_the_app(start_app, tmp_path):
    uploads = tmp_path / "uploads"
    app = start_app(*PLUGINS, "--only", "demo", "--uploads", str(uploads), TMPDIR=str(tmp_path))
    picture = tmp_path / "face.png"
    Image.new("RGB", (50, 50), "red").save(picture)
    client = app.client()
    client.predict(handle_file(str(picture)), api_name="/demo_brightness")
    assert list(uploads.rglob("face.png"))
    client.close()
    assert app.stop() == 0
    assert set(tmp_path.rglob("*")) == {picture, uploads}


def test_the_page_asks_no_other_server_for_anything(app):
    page = app.wait_until_served()
    addresses = set(re.findall(r"(?:src|href)=\"(https?://[^/\"]+)", page))
    assert {address for address in addresses if "127.0.0.1" not in address} == set()


def test_the_web_process_imports_no_framework():
    """All three tabs are built, and still no framework is in the process."""
    frameworks = {"torch", "torchvision", "tensorflow", "keras", "jax", "mtcnn", "sklearn", "scipy"}
    code = f"""
import sys, threading
from host.host import Host
from host.settings import Settings
from host.ui.page import build_page
host = Host(Settings(strict=True))
build_page(host)
print(sorted(name for name in {frameworks!r} if name in sys.modules))
host.stop()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"
