"""What a stranger on the internet tries, against the real app over real HTTP."""

import contextlib
import http.server
import io
import pickle
import threading
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from serving import call

ROOT = Path(__file__).parents[2]
FACES = ROOT / "assets" / "face"
PLUGIN = ROOT / "tests" / "host" / "demo_plugin.py"
TOKEN = "0p3r4t0r-t0k3n"
OAUTH = "04uth-s3cr3t"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
HTML = b"<html><script>alert(document.cookie)</script></html>"


@pytest.fixture(scope="module")
def app(start_app):
    return start_app(
        "--offline",
        "--plugin",
        str(PLUGIN),
        "--only",
        "demo,face",
        TRIPTYCH_OPERATOR_TOKEN=TOKEN,
        OAUTH_CLIENT_SECRET=OAUTH,
        TRIPTYCH_LIMITS__VISITOR_CALLS="100",
    )


@pytest.fixture(scope="module")
def web(app):
    with httpx.Client(base_url=app.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def functions(web):
    return {each["api_name"]: each for each in web.get("config").json()["dependencies"]}


@pytest.fixture
def canary():
    """A server on this machine, as an operator's network has them: nobody may reach it."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"internal")

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def upload(web, name, data, kind="application/octet-stream"):
    """Where it lies now."""
    answer = web.post("gradio_api/upload", files=[("files", (name, data, kind))])
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def file(path, **more):
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def error_of(output):
    assert output.get("error"), output
    said = str(output["error"])
    assert "Traceback" not in said
    assert "/tmp" not in said.replace("\\/", "/")
    return said


def served(web, path, **options):
    return web.get(f"gradio_api/file={quote(path)}", **options)


# Files


SPELLINGS = [
    "{}",
    "/{}",
    "//{}",
    "..{}",
    "../../../../../../../..{}",
    "....//....//....//....//....//{}",
    "..%2f..%2f..%2f..%2f..%2f..%2f{}",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e{}",
    "%252e%252e%252f%252e%252e%252f%252e%252e%252f{}",
    "..\\..\\..\\..\\..\\..{}",
    "..%5c..%5c..%5c..%5c{}",
    "./.{}",
    "file://{}",
    "file:{}",
    "FILE://localhost{}",
    "/proc/self/root{}",
    "/proc/self/cwd/../..{}",
    "{}%00.png",
    "{}%0a",
    "static/..{}",
    "%ef%bc%8f..{}",
]


def test_no_route_serves_a_file_of_the_server(app, web, tmp_path):
    """Every GET route of the app that has a path, each asked for files in every spelling."""
    secret = "the operator's own words"
    (tmp_path / "secret.txt").write_text(secret)
    for prefix in file_routes():
        tried = [spelling.format(tmp_path / "secret.txt") for spelling in SPELLINGS]
        for path in (*tried, "/etc/passwd", "../../../../../../etc/passwd", "/proc/self/environ"):
            answer = web.get(prefix + path)
            assert answer.status_code < 500, prefix + path
            for words in (secret, "root:", TOKEN):
                assert words not in answer.text, prefix + path
    assert "Traceback" not in app.log


def file_routes():
    """Of Gradio's app, so that a route that a new release brings is tried as well."""
    import gradio as gr
    from gradio.routes import App

    with gr.Blocks() as page:
        gr.Textbox()
    found = set()
    for route in _all_routes(App.create_app(page).routes):
        path = getattr(route, "path", "")
        if "{" in path and "GET" in (getattr(route, "methods", None) or ()):
            before, rest = path.split("{", 1)
            found.add(before.lstrip("/"))
            middle = rest.split("}", 1)[1]
            if "{" in middle:  # /custom_component/{id}/{environment}/{type}/{file_name}
                found.add(f"{before.lstrip('/')}textbox/client/component/")
    assert {"static/", "assets/", "svelte/", "gradio_api/file=", "gradio_api/file/"} <= found
    assert "gradio_api/proxy=" in found
    return sorted(found)


def _all_routes(routes):
    for route in routes:
        yield route
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        yield from _all_routes(getattr(inner, "routes", []) if inner is not route else [])


def test_a_path_of_the_server_is_no_picture(web, functions, tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "private.png")
    (tmp_path / "folder").mkdir()
    where = upload(web, "mine.png", (tmp_path / "private.png").read_bytes())
    brightness = functions["demo_brightness"]["id"]
    assert call(web, brightness, [file(where)])["data"][0].startswith("0.0")
    outside = [
        str(tmp_path / "private.png"),
        f"{Path(where).parent}/../../..{tmp_path}/private.png",
        f"file://{tmp_path}/private.png",
        "/etc/passwd",
        "/dev/zero",
        str(tmp_path / "folder"),
        "\0",
        "a" * 5000,
    ]
    for path in outside:
        assert "0.0 of" not in error_of(call(web, brightness, [file(path)]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", SVG),
        ("x.html", HTML),
        ("x.htm", HTML),
        ("x.xhtml", HTML),
        ("x.xml", b"<?xml version='1.0'?>" + SVG),
        ("x.js", b"alert(1)"),
        ("x.pdf", b"%PDF-1.4 (app.alert(1))"),
        ("x.swf", b"FWS"),
        ("x", HTML),
        ("x.png", HTML),
        ("x.gif", b"GIF89a/*" + HTML + b"*/=1"),
        ("x.txt", HTML),
        ("x.json", HTML),
        ("x.svgz", zlib.compress(SVG)),
        ("x.mht", HTML),
    ],
)
@pytest.mark.parametrize("part", [False, True])
def test_what_a_visitor_brings_is_never_a_page_of_ours(web, name, content, part):
    path = upload(web, name, content, "text/html")
    headers = {"Range": f"bytes=0-{len(content)}", "Content-Type": "text/html"} if part else {}
    answer = served(web, path, headers=headers)
    assert answer.content == content
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    kind = answer.headers["content-type"].split(";")[0]
    assert len(answer.headers.get_list("content-type")) == 1
    inline = answer.headers["content-disposition"].startswith("inline")
    passive = ("image/png", "image/gif", "text/plain", "application/json")
    assert kind in passive or (kind == "application/octet-stream" and not inline)


def test_our_own_pictures_are_still_shown(web):
    path = upload(web, "face.jpg", (FACES / "anna_1.jpg").read_bytes())
    answer = served(web, path)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nX-Evil: 1\r\n\r\n.txt",
        'a"; filename="b.html',
        "été 面 🙂.txt",
        "%0d%0aX-Evil: 1.txt",
        "\u2028x.txt",
        "a;b='c.txt",
        "." * 200,
        "../../../x.txt",
        "/etc/passwd",
        "x" * 5000 + ".txt",
        "\0.txt",
        " ",
        "-rf.txt",
        "CON",
    ],
)
def test_a_file_name_makes_no_header_and_no_folder(app, web, name):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').encode()
    for spelt in (escaped, escaped.replace(b"\r", b"%0D").replace(b"\n", b"%0A")):
        answer = web.post(
            "gradio_api/upload",
            content=head + spelt + b'"\r\n\r\nwords\r\n--x--\r\n',
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        if answer.status_code != 200:
            assert answer.status_code == 400, answer.text
            assert answer.text.endswith(".")
            continue
        (path,) = answer.json()
        assert len(Path(path).parent.name) == 64  # the folder of its checksum
        got = served(web, path)
        assert got.status_code in (200, 403)
        assert "x-evil" not in got.headers
        for header in got.headers.get_list("content-disposition"):
            assert header.isascii()
            assert header.count("filename=") + header.count("filename*=") <= 1
    assert "Traceback" not in app.log


def test_an_answer_repeats_nothing_of_the_request(web):
    path = upload(web, "a.txt", b"words")
    asked = {"Range": "bytes=0-2", "Set-Cookie": "a=b", "Location": "https://evil.example"}
    got = served(web, path, headers={**asked, "Cookie": "c=d", "Authorization": "Bearer e"})
    assert (got.status_code, got.text) == (206, "wor")
    assert not {"set-cookie", "location", "cookie", "authorization"} & set(got.headers)
    for odd in ("bytes=0-1-2", "bytes=²-3", "bytes=", "bytes=-", "lines=1-2", "bytes=9-1"):
        got = served(web, path, headers={"Range": odd.encode("latin-1")})
        assert got.status_code in (200, 206, 400, 416)


# Other servers


def test_nobody_makes_the_app_ask_another_server(app, web, functions, canary):
    port, asked = canary
    urls = [
        f"http://127.0.0.1:{port}/a.png",
        f"http://localhost:{port}/a.png",
        f"http://[::1]:{port}/a.png",
        f"http://0.0.0.0:{port}/a.png",
        f"http://2130706433:{port}/a.png",
        f"http://0x7f.1:{port}/a.png",
        f"http://[::ffff:127.0.0.1]:{port}/a.png",
        f"http://127.0.0.1.nip.io:{port}/a.png",
        f"http://localtest.me:{port}/a.png",
        f"HTTP://user@127.0.0.1:{port}/a.png",
        f" http://127.0.0.1:{port}/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "ftp://127.0.0.1/a.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/",
        "data:text/html,<script>alert(1)</script>",
    ]
    for url in urls:
        for given in (file(url), file(url, url=url), file("", url=url), {"path": url}, url):
            answer = call(web, functions["demo_brightness"]["id"], [given])
            assert answer.get("error") or "of (" not in str(answer["data"]), url
        for version in ("call", "call/v2"):
            body = {"data": [file(url)]} if version == "call" else {"picture": file(url)}
            web.post(f"gradio_api/{version}/demo_brightness", json=body)
        for route in ("file=", "file/", "proxy="):
            assert web.get(f"gradio_api/{route}{quote(url, safe='')}").status_code in (
                403,
                404,
                400,
            )
            assert web.get(f"gradio_api/{route}{url}").status_code in (403, 404, 400)
    escaped = f'{{"data": [{{"path": "\\u0068ttp://127.0.0.1:{port}/b.png"}}], "fn_index": 0}}'
    for kind in ("application/json", "application/JSON", "text/plain", ""):
        for path in ("queue/join", "component_server"):
            sent = web.post(f"gradio_api/{path}", content=escaped, headers={"Content-Type": kind})
            assert sent.status_code == 400
            assert "fetches no files from elsewhere" in sent.json()["detail"]
    assert asked == []
    assert "Traceback" not in app.log


# What is in files


class Payload:
    """Runs when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


def pickles(mark):
    raw = pickle.dumps(Payload(mark))
    array = io.BytesIO()
    np.save(array, np.array([Payload(mark)], dtype=object), allow_pickle=True)
    arrays = io.BytesIO()
    np.savez(arrays, encodings=np.array([Payload(mark)], dtype=object))
    checkpoint = io.BytesIO()
    with zipfile.ZipFile(checkpoint, "w") as archive:
        archive.writestr("archive/data.pkl", raw)
        archive.writestr("archive/version", "3")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("anna/a.npy", array.getvalue())
        archive.writestr("anna/a.pkl", raw)
        archive.writestr("encodings.npy", array.getvalue())
        archive.writestr("gallery.json", "{}")
    return {
        "a.pkl": raw,
        "a.npy": array.getvalue(),
        "a.npz": arrays.getvalue(),
        "a.pt": checkpoint.getvalue(),
        "a.zip": packed.getvalue(),
        "a.png": raw,
    }


def bombs():
    header = b"\x89PNG\r\n\x1a\n"

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    rows = zlib.compress(bytes(60_001 * 200), 9)
    image = header + chunk(b"IHDR", size + size + b"\x08\x02\0\0\0")
    big = io.BytesIO()
    with zipfile.ZipFile(big, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anna/a.png", bytes(300_000_000))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(6_000):
            archive.writestr(f"{number}/a.png", b"")
    escaping = io.BytesIO()
    with zipfile.ZipFile(escaping, "w") as archive:
        archive.writestr("../../../../tmp/evil.png", (FACES / "anna_1.jpg").read_bytes())
    return {
        "pixels.png": image + chunk(b"IDAT", rows) + chunk(b"IEND", b""),
        "text.png": image + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9)),
        "big.zip": big.getvalue(),
        "many.zip": many.getvalue(),
        "escaping.zip": escaping.getvalue(),
        "lying.gif": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02",
        "half.jpg": (FACES / "anna_1.jpg").read_bytes()[:500],
    }


def file_inputs(web, functions):
    """``(function, values, places of files)`` of every public event that takes files."""
    components = {each["id"]: each for each in web.get("config").json()["components"]}
    for function in functions.values():
        inputs = [components[each] for each in function["inputs"]]
        places = [n for n, each in enumerate(inputs) if each["type"] in ("image", "file")]
        if places and function["api_visibility"] == "public":
            values = [each["props"].get("value") for each in inputs]
            # Where there is a choice of what to learn from: from the file.
            yield function, ["people" if value == "digits" else value for value in values], places


def test_no_file_runs_anything_or_fills_the_memory(app, web, functions, tmp_path):
    mark = tmp_path / "it ran"
    found = list(file_inputs(web, functions))
    named = {function["api_name"] for function, *_ in found}
    assert {"face_verify", "face_enrol", "face_enrol_zip", "demo_brightness"} <= named
    before = memory(app)
    for name, content in {**pickles(mark), **bombs()}.items():
        given = file(upload(web, name, content), orig_name=name)
        for function, values, places in found:
            data = [given if n in places else value for n, value in enumerate(values)]
            said = error_of(call(web, function["id"], data))
            assert "Something went wrong" not in said, (name, function["api_name"])
    assert not mark.exists()
    assert memory(app) < before + 1.5e9  # the network was loaded in between
    assert "Traceback" not in app.log
    assert not Path("/tmp/evil.png").exists()


def memory(app):
    process = psutil.Process(app.process.pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


def test_a_picture_that_is_something_else_as_well_is_only_a_picture(web, functions):
    portrait = (FACES / "anna_1.jpg").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil/__main__.py", "raise SystemExit(1)")
    gif = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(gif, "GIF")
    for content in (portrait + packed.getvalue(), portrait + HTML, gif.getvalue() + HTML):
        given = file(upload(web, "both.html", content))
        answer = call(web, functions["demo_brightness"]["id"], [given])
        shown = answer.get("data") or [error_of(answer)]
        assert "script" not in str(shown)
        assert served(web, given["path"]).headers["content-disposition"].startswith("attachment")


# Events, routes, secrets


def test_private_events_do_nothing_for_a_stranger(app, web, functions):
    before = {worker.pid for worker in app.workers()}
    private = [each for each in functions.values() if each["api_visibility"] == "private"]
    restart = functions["restart"]
    assert restart in private
    for guess in ("", None, "guess", TOKEN[:-1], TOKEN + " ", ["a"], {"a": 1}, 1, "é"):
        error_of(call(web, restart["id"], ["demo", guess]))
    for each in private:
        assert "root:" not in str(call(web, each["id"], [{"path": "/etc/passwd"}] * 9))
        where = f"gradio_api/run/{each['api_name']}"
        direct = web.post(where, json={"data": [], "fn_index": each["id"]})
        assert "Traceback" not in direct.text
    for index in (-1, 10_000, "x", None, 1.5, 2**70):
        assert "Traceback" not in str(call(web, index, []))
    assert {worker.pid for worker in app.workers()} >= before
    assert "Traceback" not in app.log


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "gradio_api/vibe-code"),
        ("POST", "gradio_api/vibe-edit"),
        ("POST", "gradio_api/vibe-edit/"),
        ("POST", "gradio_api/undo-vibe-edit"),
        ("POST", "gradio_api/vibe-starter-queries"),
        ("GET", "gradio_api/dev/reload"),
        ("GET", "gradio_api/deep_link"),
        ("GET", "gradio_api/runs"),
        ("GET", "gradio_api/run-history/records"),
        ("GET", "gradio_api/profiling/traces"),
        ("GET", "gradio_api/token"),
        ("POST", "gradio_api/process_recording"),
        ("GET", "monitoring"),
        ("GET", "monitoring/summary"),
        ("GET", "docs"),
        ("GET", "redoc"),
    ],
)
def test_what_the_pages_do_not_need_is_closed(web, method, path):
    assert web.request(method, path, json={}).status_code == 404


def test_nobody_reaches_a_worker_or_another_port(app):
    processes = [psutil.Process(app.process.pid)]
    processes += processes[0].children(recursive=True)
    assert len(processes) > 1
    listening = {
        connection.laddr.port
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {app.port}


def test_a_drawing_takes_no_more_memory_than_was_sent(monkeypatch):
    import gradio as gr

    from host.ui import drawing

    with gr.Blocks():
        canvas = drawing.Drawing()

    def send(number, index, content):
        data = {"type": "layer", "index": index, "id": str(number)}
        sent = type("Sent", (), {"data": data, "files": [("layer", content)]})()
        canvas.accept_blobs(sent)

    with pytest.raises(ValueError, match="a layer"):
        send(0, "1000000000", b"a")
    monkeypatch.setattr(drawing, "_MAX_PENDING", 1000)
    for number in range(20):
        send(number, "0", bytes(300))
    assert list(canvas.blob_storage) == ["17", "18", "19"]


def test_secrets_are_told_to_nobody(app, web):
    """After everything above was tried, in this order."""
    pages = [web.get(path).text for path in ("", "config", "gradio_api/info", "openapi.json")]
    pages += [web.get(path).text for path in ("metrics", "readyz", "healthz", "nothing/here")]
    with contextlib.suppress(httpx.HTTPError):
        pages.append(web.post("gradio_api/queue/join", json={"data": TOKEN}).text)
    for text in (*pages[:-1], app.log):
        assert TOKEN not in text
        assert OAUTH not in text
    assert str(ROOT) not in "".join(pages)
