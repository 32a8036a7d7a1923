"""What every request passes before Gradio: admission, bodies, origins, proxies, logins."""

import asyncio
import contextlib
import json
import re
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import handle_file
from PIL import Image
from starlette.responses import HTMLResponse, JSONResponse

from host.addresses import counted_as
from host.settings import Limits, Settings
from host.web.admission import Admission
from host.web.answers import Refusal
from host.web.edge import Edge
from host.web.rates import Uploads

PLUGIN = str(Path(__file__).parents[1] / "host" / "demo_plugin.py")
RUNNING = 9  # events of a kind with one worker; the others wait in the queue


@pytest.fixture(scope="module")
def app(start_app):
    return start_app(
        "--plugin",
        PLUGIN,
        "--only",
        "demo",
        "--max-upload-mb",
        "1",
        TRIPTYCH_LIMITS__WAITING="2",
        TRIPTYCH_LIMITS__VISITOR_CALLS="100",
        TRIPTYCH_LIMITS__ADDRESS_UPLOAD_MB="14",
    )


@pytest.fixture(scope="module")
def proxied(start_app):
    """Behind a proxy on this machine, which says "X-Forwarded-For"."""
    return start_app(
        "--plugin",
        PLUGIN,
        "--only",
        "demo",
        TRIPTYCH_TRUSTED_PROXIES="127.0.0.1",
        TRIPTYCH_ORIGINS="https://friend.example",
        TRIPTYCH_LIMITS__ADDRESS_UPLOAD_MB="2",
    )


@pytest.fixture
def http(app):
    with httpx.Client(base_url=app.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def uploads(app):
    """The folder they lie in, each finished one in a folder of its own."""
    (path,) = httpx.post(f"{app.url}gradio_api/upload", files=files(10)).json()
    return Path(path).parents[1]


def files(*sizes):
    return [("files", (f"{number}.bin", bytes(size))) for number, size in enumerate(sizes)]


def sentence(response):
    return json.loads(response.content)["detail"]


def test_who_comes_when_too_many_wait_is_told_when_to_come_back(app, http):
    functions = http.get("config").json()["dependencies"]
    (count,) = (each["id"] for each in functions if each["api_name"] == "demo_count")
    with contextlib.closing(app.client()) as first:
        session = {"session_hash": first.session_hash}

        def join():
            return http.post(
                "gradio_api/queue/join", json={"data": [600], "fn_index": count} | session
            )

        assert join().status_code == 200
        # An open page listens; when it closes, what waits for it is taken out of the queue.
        with http.stream("GET", "gradio_api/queue/data", params=session):
            refused = _fill(join)
            assert refused.status_code == 429
            assert "Please try again in " in sentence(refused)
            assert int(refused.headers["retry-after"]) > 0
            assert refused.elapsed.total_seconds() < 8  # not when the app has given up on it
            named = http.post("gradio_api/call/demo_count", json={"data": [1]})
            assert named.status_code == 429
            with (
                contextlib.closing(app.client()) as second,
                pytest.raises(httpx.HTTPStatusError) as error,
            ):
                second.predict(1, api_name="/demo_count")
            assert "Please try again" in error.value.response.json()["detail"]
    with contextlib.closing(app.client()) as after:
        assert after.submit(1, api_name="/demo_count").result(timeout=30) == "ended at 0"


def _fill(join):
    """Join until the queue stays full; returns the last refusal."""
    in_a_row = 0
    for _ in range(5 * RUNNING):  # Gradio takes events from the queue one at a time
        answer = join()
        in_a_row = 0 if answer.status_code == 200 else in_a_row + 1
        if in_a_row == 3:
            return answer
        if in_a_row:
            time.sleep(0.3)
    raise AssertionError("everybody was let in")


def test_come_back_when_a_quarter_of_the_queue_has_left():
    now, queue = [0.0], []
    admission = Admission(lambda: queue, 4, lambda: now[0])
    for _ in range(20):  # one leaves each second
        admission.enter()
        now[0] += 1
    queue[:] = [None] * 4
    now[0] += 4
    with pytest.raises(Refusal) as refusal:
        admission.enter()
    assert 1 <= refusal.value.retry_after <= 10
    assert "seconds" in refusal.value.message


def test_a_whole_request_is_bounded_while_it_streams(http, uploads):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(200):
            yield bytes(100_000)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = http.post("gradio_api/upload", content=endless(), headers=kind)
    assert (answer.status_code, answer.text) == (413, "A file may have 1 MB and this one has more.")
    assert unfinished(uploads) == []


def test_many_files_in_one_request_are_bounded_together(http, uploads):
    answer = http.post("gradio_api/upload", files=files(*[900_000] * 12))
    assert answer.status_code == 413
    answer = http.post("gradio_api/upload", files=files(*[1] * 1001))
    assert (answer.status_code, "several goes" in answer.text) == (413, True)
    assert unfinished(uploads) == []


FORM = "multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"garbage", FORM),
        (b"--x\r\n", FORM),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", FORM),
        (
            b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nno file\r\n--x--\r\n',
            FORM,
        ),
        (
            FILE + b"\r\ncut",
            FORM,
        ),
        (
            FILE + b"X: " + b"y" * 100_000 + b"\r\n\r\nbig head\r\n--x--\r\n",
            FORM,
        ),
        (b"--x--\r\n", "multipart/form-data"),
        (b"--x--\r\n", "multipart/form-data; boundary=" + "x" * 5000),
        (b"{}", "application/json"),
        (b"x", ""),
    ],
)
def test_a_malformed_upload_is_a_sentence_and_leaves_nothing(app, http, uploads, body, kind):
    for address in ("gradio_api/upload", "gradio_api/upload?upload_id=1"):
        answer = http.post(address, content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.text) == (400, "This upload is damaged or incomplete.")
    assert unfinished(uploads) == []
    assert "Traceback" not in app.log


def test_an_upload_that_is_cut_off_leaves_nothing(app, uploads):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", app.port)) as connection:
        connection.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + head + bytes(100_000)
        )
        time.sleep(0.5)
    end = time.monotonic() + 30
    while unfinished(uploads) and time.monotonic() < end:
        time.sleep(0.1)
    assert unfinished(uploads) == []


def unfinished(folder):
    return [each for each in folder.iterdir() if each.is_file()]


def test_other_bodies_are_bounded_and_must_be_json(app, http):
    json_kind = {"Content-Type": "application/json"}
    join = "gradio_api/queue/join"
    big = http.post(join, content=b'"' + b"a" * 3_000_000 + b'"', headers=json_kind)
    assert (big.status_code, "limit of" in sentence(big)) == (413, True)
    chunked = (b"a" * 100_000 for _ in range(30))
    assert http.post(join, content=chunked, headers=json_kind).status_code == 413
    deep = (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 500 + b"1" + b"}" * 500)
    for body in (*deep, b"{", b"\xff"):
        answer = http.post(join, content=body, headers=json_kind)
        assert (answer.status_code, "JSON" in sentence(answer)) == (400, True), body[:20]
    assert http.post(join, content=b"[]", headers=json_kind).status_code == 422
    assert "Traceback" not in app.log


def test_an_address_uploads_so_much_an_hour_whatever_it_says_of_itself(app, http):
    for number in range(40):
        answer = http.post(
            "gradio_api/upload",
            files=files(900_000),
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        if answer.status_code != 200:
            break
    assert answer.status_code == 429
    assert answer.text.startswith("You have uploaded as much as the limit of 14 MB")
    assert "Please come back in " in answer.text
    assert 60 <= int(answer.headers["retry-after"]) <= 3600


def test_a_trusted_proxy_is_believed_whom_it_forwards(proxied):
    def upload(visitor):
        headers = {"X-Forwarded-For": f"198.51.100.99, {visitor}"}
        where = f"{proxied.url}gradio_api/upload"
        return httpx.post(where, files=files(1_500_000), headers=headers).status_code

    assert [upload("203.0.113.1"), upload("203.0.113.1"), upload("203.0.113.2")] == [200, 429, 200]


def test_behind_a_trusted_proxy_the_public_name_is_the_apps_own(proxied):
    public = {"Host": "triptych.example", "X-Forwarded-Proto": "https"}
    answer = httpx.get(f"{proxied.url}config", headers=public)
    assert answer.json()["root"] == "https://triptych.example"
    for origin, status in (
        ("https://triptych.example", 200),
        ("https://friend.example", 200),
        ("https://triptych.example.evil.example", 403),
        ("https://triptych.example:444", 403),
        ("http://127.0.0.1", 403),
        ("null", 403),
        ("file://", 403),
    ):
        headers = {**public, "Origin": origin}
        assert httpx.get(f"{proxied.url}config", headers=headers).status_code == status, origin


def test_another_site_and_a_rebound_name_are_turned_away(app, http):
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
        {"Host": f"evil.example:{app.port}", "Origin": f"http://evil.example:{app.port}"},
        {"Host": "localhost.evil.example"},
        {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    ):
        for method, path in (("GET", ""), ("GET", "config"), ("POST", "gradio_api/queue/join")):
            answer = http.request(method, path, headers=headers)
            assert answer.status_code == 403, (headers, path)
            assert sentence(answer)
    for name in ("localhost", "127.0.0.1", "[::1]"):
        own = {"Host": f"{name}:{app.port}", "Origin": f"http://{name}:{app.port}"}
        assert http.get("config", headers=own).status_code == 200


def test_nobody_else_names_the_site_whose_links_the_page_holds(app, http):
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Gradio-Server": "https://evil.example",
    }
    assert "evil.example" not in http.get("", headers=forged).text
    assert http.get("config", headers=forged).json()["root"] == app.url.rstrip("/")


def test_a_picture_and_the_page_still_pass(app, tmp_path):
    Image.new("RGB", (30, 20), "white").save(tmp_path / "white.png")
    with contextlib.closing(app.client()) as client:
        answer = client.predict(handle_file(tmp_path / "white.png"), api_name="/demo_brightness")
    assert answer.startswith("255.0")


# The pieces whose clock would be waited for.


def test_uploads_are_forgotten_after_an_hour_and_who_is_refused_is_told_when_there_is_room():
    now = [1000.0]
    uploads = Uploads(Limits(address_upload_mb=100, all_upload_mb=150), lambda: now[0])
    megabyte = 1_000_000
    uploads.count("203.0.113.1", 60 * megabyte)
    now[0] += 600
    uploads.count("203.0.113.1", 40 * megabyte)  # up to the limit
    with pytest.raises(Refusal, match="You have uploaded as much") as refused:
        uploads.check("203.0.113.1", 1)
    uploads.count("203.0.113.2", 50 * megabyte)
    with pytest.raises(Refusal, match="All visitors together"):
        uploads.check("203.0.113.3", 1)
    now[0] += refused.value.retry_after
    uploads.count("203.0.113.1", 60 * megabyte)
    with pytest.raises(Refusal, match="over the limit"):
        uploads.check("203.0.113.4", 101 * megabyte)


def test_a_visitor_of_ipv6_commands_a_whole_network():
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:2")
    assert counted_as("2001:db8:0:1::1") != counted_as("2001:db8::1")
    assert counted_as("::ffff:203.0.113.1") == "203.0.113.1"
    assert counted_as("testclient") == "testclient"


async def _ok(scope, receive, send):
    await JSONResponse({"reached": True})(scope, receive, send)


def edge(**settings):
    host = SimpleNamespace(settings=Settings(**settings))
    return Edge(_ok, host, SimpleNamespace(_queue=[]))


def ask(app, path, method="POST", client="203.0.113.1", **options):
    async def go():
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.request(method, path, **options)

    return asyncio.run(go())


def test_a_space_is_shown_in_a_frame_of_hugging_face_and_knows_its_visitors(monkeypatch):
    page = ask(edge(), "/", "GET")
    assert page.headers["x-content-type-options"] == "nosniff"
    monkeypatch.setenv("SPACE_ID", "someone/triptych")
    seen = {}

    async def remember(scope, receive, send):
        seen["client"] = scope["client"][0]
        await HTMLResponse("page")(scope, receive, send)

    app = Edge(
        remember,
        SimpleNamespace(settings=Settings(host="0.0.0.0")),
        SimpleNamespace(_queue=[]),
    )
    answer = ask(
        app, "/", "GET", client="10.20.1.2", headers={"X-Forwarded-For": "203.0.113.9, 10.16.0.1"}
    )
    assert seen["client"] == "203.0.113.9"
    policy = answer.headers["content-security-policy"]
    assert "https://huggingface.co" in policy
    assert "'none'" not in policy


def test_a_socket_from_another_site_is_closed():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    def scope(origin):
        return {
            "type": "websocket",
            "path": "/",
            "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"localhost"), (b"origin", origin)],
        }

    reached = []

    async def accept(scope, receive, send):
        reached.append(scope)

    app = Edge(accept, SimpleNamespace(settings=Settings()), SimpleNamespace(_queue=[]))
    asyncio.run(app(scope(b"https://evil.example"), receive, send))
    assert sent == ["websocket.close"]
    assert not reached
    asyncio.run(app(scope(b"http://localhost"), receive, send))
    assert reached


@pytest.mark.parametrize(
    ("path", "inside"), [("/", "window.gradio_config"), ("/config", '"dependencies":')]
)
def test_the_page_is_compressed_for_who_can_read_that(http, path, inside):
    zipped = http.get(path)
    plain = http.get(path, headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert "content-encoding" not in plain.headers
    assert zipped.text == plain.text
    assert inside in plain.text
    assert zipped.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize("path", ["/", "/config"])
def test_every_address_has_a_page_of_its_own(proxied, path):
    names = ["first.example", "second.example", *(f"{i}.example" for i in range(10))]
    with httpx.Client(base_url=proxied.url, timeout=30) as http:
        for name in [*names, *names[:2]]:
            sent = {"X-Forwarded-Host": name, "X-Forwarded-Proto": "https"}
            page = http.get(path, headers=sent).text
            assert set(re.findall(r"https://[^/\"]*\.example\b", page)) == {f"https://{name}"}


def test_a_link_that_gradio_reads_itself_is_answered_by_it(http):
    assert '"deep_link_state":"invalid"' in http.get("/", params={"deep_link": "nothing"}).text
    assert '"deep_link_state":"none"' in http.get("/", params={"tab": "demo"}).text
