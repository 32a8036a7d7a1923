"""What is kept of a visitor goes when they do."""

import contextlib
import http.client
import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import httpx
import psutil
import pytest
from executor_tools import eventually
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from serving import call

FACES = Path(__file__).parents[2] / "assets" / "face"
ANNA, ANNA_TOO, BRUNO, CLARA = (
    FACES / f"{name}.jpg" for name in ("anna_1", "anna_2", "bruno_1", "clara_1")
)

ANY_PLUGIN = (
    "--only",
    "demo",
    "--plugin",
    str(Path(__file__).parents[1] / "host" / "demo_plugin.py"),
)


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory):
    """Face alone, with a folder of its own for uploads."""
    folder = tmp_path_factory.mktemp("uploads")
    app = start_app("--offline", "--only", "face", "--uploads", str(folder))
    app.uploads = folder
    return app


@contextlib.contextmanager
def visitor(app):
    """A client and its heartbeat; who leaves the block has left the page."""
    client = Client(app.url, verbose=False)
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def heartbeat(app, session):
    """What an open page holds open."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    connection.request("GET", f"/gradio_api/heartbeat/{session}")
    response = connection.getresponse()
    assert b"ALIVE" in response.readline()
    try:
        yield
    finally:
        response.close()
        connection.close()


def upload(app, file):
    """A file as a client names it in its calls."""
    body = (
        b"--x\r\nContent-Disposition: form-data; name=files; filename=%s\r\n\r\n"
        % file.name.encode()
        + file.read_bytes()
        + b"mine"  # or it would be one of the page's examples, which stay
        + b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(f"{app.url}gradio_api/upload", body, kind)
    (path,) = json.load(urllib.request.urlopen(request))
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def press(app, session, name, *data):
    """An event of that session: its outputs. Raises AppError with what it says."""
    with httpx.Client(base_url=app.url, timeout=120) as web:
        config = web.get("config").json()
        (event,) = (each for each in config["dependencies"] if each["api_name"] == name)
        kinds = {each["id"]: each["type"] for each in config["components"]}
        values = iter(data)
        full = [None if kinds[number] == "state" else next(values) for number in event["inputs"]]
        output = call(web, event["id"], full, session)
    if "error" in output:
        raise AppError(output["error"])
    return output["data"]


def enrol(app, session, file, name):
    picture = upload(app, file)
    press(app, session, "face_enrol", picture, name, "auto", False)
    return Path(picture["path"])


def known(app, session, file):
    """Whom it finds in a picture; None when it knows nobody at all."""
    try:
        answer = press(app, session, "face_identify", upload(app, file), 0, "auto")
    except AppError as error:
        assert "Nobody is known yet" in str(error)
        return None
    return [face["name"] for face in answer[1]]


def files(app):
    # os.walk passes over a folder that is deleted meanwhile; Path.rglob raises.
    return {Path(folder, name) for folder, _, names in os.walk(app.uploads) for name in names}


def test_a_gallery_and_its_pictures_go_with_the_page(app):
    before = files(app)
    with heartbeat(app, "stays"):
        others = enrol(app, "stays", BRUNO, "Bruno")
        with heartbeat(app, "leaves"):
            picture = enrol(app, "leaves", ANNA, "Anna")
            assert picture.is_file()
            assert known(app, "leaves", ANNA_TOO) == ["Anna"]
        eventually(lambda: files(app) - before <= {others} | {others.with_name(BRUNO.name)})
        assert not picture.exists()
        assert known(app, "leaves", ANNA_TOO) is None
        # The other page was open and idle meanwhile.
        assert others.is_file()
        assert known(app, "stays", BRUNO) == ["Bruno"]
    eventually(lambda: not others.exists())


def test_two_who_send_the_same_picture_do_not_lose_it_with_one_of_them(app):
    with heartbeat(app, "second"):
        with heartbeat(app, "first"):
            shared = enrol(app, "first", CLARA, "Clara")
            waiting = upload(app, CLARA)  # not used in an event yet
        time.sleep(1)
        assert Path(waiting["path"]) == shared
        press(app, "second", "face_enrol", waiting, "Clara", "auto", False)
        assert shared.is_file()
    eventually(lambda: not shared.exists())


def test_results_go_with_the_client(app):
    with visitor(app) as client:
        before = files(app)
        client.predict(handle_file(ANNA), handle_file(BRUNO), api_name="/face_verify")
        assert len(files(app) - before) >= 2
    eventually(lambda: files(app) <= before)


def test_an_open_connection_that_breaks_ends_it_too(app):
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException), heartbeat(app, "killed"):
            time.sleep(60)
        os._exit(0)
    time.sleep(1)
    picture = enrol(app, "killed", ANNA, "Anna")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    eventually(lambda: not picture.exists())
    assert known(app, "killed", ANNA) is None


def test_clients_without_a_heartbeat_are_forgotten_after_a_while(start_app, tmp_path):
    folder = tmp_path / "uploads"
    app = start_app(
        "--offline", "--only", "face", "--uploads", str(folder),
        TRIPTYCH_LIMITS__SESSION_MINUTES="0.15", TRIPTYCH_LIMITS__SESSIONS="2",
    )  # fmt: skip
    app.wait_for_log("Faces: ready")
    app.uploads = folder
    with heartbeat(app, "open"):
        picture = enrol(app, "silent", ANNA, "Anna")
        enrol(app, "open", BRUNO, "Bruno")
        eventually(lambda: not picture.exists(), 90)
        assert known(app, "silent", ANNA) is None
        assert known(app, "open", BRUNO) == ["Bruno"]
        # Over the limit of two, who did nothing for longest is forgotten.
        for name in ("third", "fourth"):
            enrol(app, name, ANNA, "Anna")
        assert known(app, "open", BRUNO) is None
    app.stop()


def test_calls_without_a_session_leave_nothing_in_memory(app):
    picture = upload(app, ANNA)
    data = json.dumps({"data": [picture, picture, 0, "offline", False]}).encode()
    kind = {"Content-Type": "application/json"}

    def once():
        request = urllib.request.Request(f"{app.url}gradio_api/call/face_verify", data, kind)
        event = json.load(urllib.request.urlopen(request))["event_id"]
        url = f"{app.url}gradio_api/call/face_verify/{event}"
        assert b"event: complete" in urllib.request.urlopen(url, timeout=60).read()

    def memory():
        return psutil.Process(app.process.pid).memory_info().rss / 1e6

    for _ in range(10):
        once()
    before = memory()
    for _ in range(30):
        once()
    assert memory() - before < 15  # Gradio's own sessions would take 1 MB each


def test_files_of_a_killed_app_are_removed_by_the_next(start_app, tmp_path):
    first = start_app(*ANY_PLUGIN, "--uploads", str(tmp_path))
    (folder,) = tmp_path.iterdir()
    first.kill()
    assert folder.is_dir()
    second = start_app(*ANY_PLUGIN, "--uploads", str(tmp_path))
    assert folder not in set(tmp_path.iterdir())
    second.wait_for_log("Demo: ready")  # by then a signal is waited for
    assert second.stop() == 0
    assert not list(tmp_path.iterdir())


def test_files_lie_in_memory_where_there_is_room(start_app):
    shm = Path("/dev/shm")
    if not shm.is_dir() or psutil.disk_usage(str(shm)).free < 2e9:
        pytest.skip("no memory to put files in")
    before = set(shm.glob("triptych-*"))
    app = start_app(*ANY_PLUGIN)
    assert set(shm.glob("triptych-*")) - before
    assert "temporary folder on disk" not in app.log
    app.stop()


def test_enrolling_in_a_shared_gallery_needs_consent(start_app, tmp_path):
    options = json.dumps({"gallery": f"sqlite:///{tmp_path / 'people.sqlite'}"})
    app = start_app(
        "--offline", "--only", "face",
        TRIPTYCH_PLUGINS__FACE__OPTIONS=options, TRIPTYCH_OPERATOR_TOKEN="sesame",
    )  # fmt: skip
    page = urllib.request.urlopen(app.url).read().decode()
    assert "agree to be remembered here" in page and "SQLite database" in page
    with visitor(app) as first, visitor(app) as second:
        with pytest.raises(AppError, match="agree to be remembered"):
            first.predict(handle_file(ANNA), "Anna", api_name="/face_enrol")
        first.predict(handle_file(ANNA), "Anna", consent=True, api_name="/face_enrol")
        _, facts = second.predict(handle_file(ANNA_TOO), api_name="/face_identify")
        assert [face["name"] for face in facts] == ["Anna"]
        for refused in (
            lambda: second.predict("Anna", api_name="/face_delete"),
            lambda: second.predict("Anna", token="wrong", api_name="/face_delete"),
            lambda: second.predict("Anna", "Eve", api_name="/face_rename"),
            lambda: second.predict(api_name="/face_export"),
        ):
            with pytest.raises(AppError, match="operator token"):
                refused()
        assert second.predict(token="sesame", api_name="/face_export")
        first.predict("Anna", api_name="/face_delete")
        with pytest.raises(AppError, match="Nobody is known yet"):
            first.predict(handle_file(ANNA_TOO), api_name="/face_identify")
    assert "sesame" not in app.log
    app.stop()
