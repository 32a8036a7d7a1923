"""``--mcp``: the plugins' actions as tools, used by the real client of the protocol."""

import asyncio
import base64
import contextlib
import io
import json
import subprocess
import sys
import time
import urllib.request

import pytest
from PIL import Image
from serving import ROOT

DEMO = ROOT / "tests/host/demo_plugin.py"
FACES = ROOT / "assets/face"


@pytest.fixture(scope="module")
def app(start_app):
    return start_app(
        *("--mcp", "--offline", "--plugin", str(DEMO), "--only", "face,gan,demo"),
        PYTHONPATH=str(DEMO.parent),
    )


@contextlib.asynccontextmanager
async def session(app, **arguments):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        streamable_http_client(app.url + "gradio_api/mcp") as (read, write, _),
        ClientSession(read, write, **arguments) as opened,
    ):
        await opened.initialize()
        yield opened


def call(app, tool, **arguments):
    """The tool's result, asked for in a session of its own."""

    async def ask():
        async with session(app) as opened:
            return await opened.call_tool(tool, arguments)

    return asyncio.run(ask())


def texts(result):
    return [each.text for each in result.content if each.type == "text"]


def pictures(result):
    return [
        Image.open(io.BytesIO(base64.b64decode(each.data)))
        for each in result.content
        if each.type == "image"
    ]


def refusal(result):
    """The sentence of a call that was refused."""
    assert result.isError
    (text,) = texts(result)
    assert "Traceback" not in text and "/tmp" not in text and len(text) < 400
    return text


def data_url(path):
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def tools(app):
    async def ask():
        async with session(app) as opened:
            return {tool.name: tool for tool in (await opened.list_tools()).tools}

    return asyncio.run(ask())


def test_the_main_actions_are_tools_and_what_needs_a_page_is_not(tools):
    assert {"face_verify", "face_explain", "gan_generate", "gan_enlarge", "demo_count"} <= set(
        tools
    )
    assert not {"face_enrol", "face_identify", "face_export", "face_delete"} & set(tools)
    assert all(name.startswith(("face_", "gan_", "demo_")) for name in tools)


def test_a_tool_says_what_it_does_and_takes(tools):
    tool = tools["face_verify"]
    assert tool.description.startswith("Tells whether two pictures show the same person.")
    schema = tool.inputSchema
    assert schema["required"] == ["first", "second"]
    assert "data URL" in schema["properties"]["first"]["description"]
    # Its docstring says this over two lines.
    assert schema["properties"]["threshold"]["description"].endswith("0 for the model's own.")
    assert schema["properties"]["model"]["default"] == "auto"
    assert all(tool.description for tool in tools.values())


def test_it_generates_pictures(app):
    result = call(app, "gan_generate", count=4, seed=7)
    assert not result.isError, texts(result)
    (picture,) = pictures(result)
    assert picture.width > 50
    other = call(app, "gan_generate", count=4, seed=8)
    assert pictures(other)[0].tobytes() != picture.tobytes()


def test_it_compares_faces(app):
    first, second, stranger = (
        data_url(FACES / name) for name in ("anna_1.jpg", "anna_2.jpg", "bruno_1.jpg")
    )
    for other, same in ((second, True), (stranger, False)):
        result = call(app, "face_verify", first=first, second=other)
        assert not result.isError, texts(result)
        (facts,) = [json.loads(text) for text in texts(result) if text.startswith("{")]
        assert facts["same"] is same
        assert len(pictures(result)) == 2
        assert not any("<" in text or len(text) > 5000 for text in texts(result))


def test_a_stream_answers_with_its_last_step_and_tells_of_the_others(app):
    steps = []

    async def heard(progress, total, message):
        steps.append(progress)

    async def ask():
        async with session(app) as opened:
            return await opened.call_tool("demo_count", {"number": 5}, progress_callback=heard)

    async def name():
        async with session(app) as opened:
            listed = (await opened.list_tools()).tools
            (schema,) = [tool.inputSchema for tool in listed if tool.name == "demo_count"]
            return next(iter(schema["properties"]))

    assert asyncio.run(name()) == "n"
    result = asyncio.run(ask())
    assert "no argument 'number'" in refusal(result)

    async def count():
        async with session(app) as opened:
            return await opened.call_tool("demo_count", {"n": 5}, progress_callback=heard)

    assert texts(asyncio.run(count())) == ["ended at 4"]
    assert len(steps) >= 3 and steps == sorted(steps)


def test_an_uploaded_file_is_an_argument(app):
    boundary = "limit"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    ).encode()
    body += (FACES / "anna_1.jpg").read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(app.url + "gradio_api/upload", body, kind)
    (path,) = json.load(urllib.request.urlopen(request))
    result = call(app, "demo_brightness", picture=path)
    assert texts(result)[0].endswith("3)"), texts(result)
    result = call(app, "demo_brightness", picture=f"{app.url}gradio_api/file={path}")
    assert texts(result)[0].endswith("3)"), texts(result)


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        ("data:image/png;base64,AAAA", "not a picture"),
        ("data:image/png;base64,!", "damaged"),
        ("http://127.0.0.1:1/secret.png", "not its address"),
        ("http://169.254.169.254/latest/meta-data", "not its address"),
        ("/etc/passwd", "picture"),
        ("../../etc/passwd", "picture"),
        ("file:///etc/passwd", "fetches no files"),
        ("", "picture"),
        ({"path": "/etc/passwd"}, "picture"),
        ({"path": "x", "url": "http://127.0.0.1:1/", "meta": {"_type": "gradio.FileData"}}, ""),
        (17, "picture"),
        (None, "picture"),
    ],
)
def test_a_bad_picture_is_a_sentence(app, picture, says):
    assert says in refusal(call(app, "demo_brightness", picture=picture))


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("gan_generate", {"count": "many"}, "How many"),
        ("gan_generate", {"count": 1e9}, "How many"),
        ("gan_generate", {"no_such_argument": 1}, "no argument"),
        ("face_verify", {}, "needs the argument 'first'"),
        ("face_enrol", {"name": "x"}, "no tool"),
        ("demo_fail", {}, "Something went wrong"),
        ("demo_fail_here", {}, "Something went wrong"),
    ],
)
def test_a_bad_call_is_a_sentence(app, tool, arguments, says):
    assert says in refusal(call(app, tool, **arguments))


def calls_running(app):
    figures = urllib.request.urlopen(app.url + "metrics").read().decode()
    return 'triptych_worker_busy{plugin="demo",worker="0"} 1.0' in figures


def wait_until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_cancelled_call_ends_and_the_session_goes_on(app):
    from mcp.types import CancelledNotification, CancelledNotificationParams, ClientNotification

    async def ask():
        async with session(app) as opened:
            long = asyncio.create_task(opened.call_tool("demo_count", {"n": 3000}))
            while not await asyncio.to_thread(calls_running, app):
                await asyncio.sleep(0.1)
            what = CancelledNotificationParams(requestId=1)  # after 0, which opened the session
            notice = CancelledNotification(method="notifications/cancelled", params=what)
            await opened.send_notification(ClientNotification(notice))
            next_one = await opened.call_tool("demo_count", {"n": 2})
            long.cancel()
            return next_one

    assert texts(asyncio.run(ask())) == ["ended at 1"]


def test_a_client_that_leaves_ends_its_calls(app):
    async def ask():
        async with session(app) as opened:
            long = asyncio.create_task(opened.call_tool("demo_count", {"n": 3000}))
            while not await asyncio.to_thread(calls_running, app):
                await asyncio.sleep(0.1)
            long.cancel()

    asyncio.run(ask())
    wait_until(lambda: not calls_running(app))


def test_calls_of_one_session_run_beside_each_other(app):
    async def ask():
        async with session(app) as opened:
            wanted = [opened.call_tool("gan_generate", {"seed": n, "count": 1}) for n in (1, 2, 1)]
            return await asyncio.gather(*wanted)

    first, second, again = (pictures(result)[0].tobytes() for result in asyncio.run(ask()))
    assert first == again != second


def test_nothing_is_kept_of_a_call(app):
    call(app, "demo_count", n=1)

    def sessions():
        figures = urllib.request.urlopen(app.url + "metrics").read().decode()
        return "\ntriptych_sessions 0.0" in figures

    wait_until(sessions)


def test_a_page_of_another_site_is_refused(app):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Origin": "https://evil.example",
    }
    url = app.url + "gradio_api/mcp"
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403


def test_limits_hold_for_tools(start_app):
    app = start_app(
        *("--mcp", "--plugin", str(DEMO), "--only", "demo"),
        PYTHONPATH=str(DEMO.parent),
        TRIPTYCH_LIMITS__ADDRESS_CALLS="1",
    )

    async def ask():
        async with session(app) as opened:
            long = asyncio.create_task(opened.call_tool("demo_count", {"n": 60}))
            while not await asyncio.to_thread(calls_running, app):
                await asyncio.sleep(0.1)
            refused = await opened.call_tool("demo_pid", {})
            return refused, await long

    refused, long = asyncio.run(ask())
    assert refusal(refused)
    assert texts(long) == ["ended at 59"]
    app.stop()


def test_without_the_flag_there_is_no_server(start_app):
    app = start_app("--plugin", str(DEMO), "--only", "demo", PYTHONPATH=str(DEMO.parent))
    for path in ("gradio_api/mcp", "gradio_api/mcp/sse", "gradio_api/mcp/schema"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(app.url + path)
        assert refused.value.code == 404
    app.stop()


def test_without_the_package_it_says_what_to_install(tmp_path):
    (tmp_path / "app.py").write_text(
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "def hidden(name, path=None, target=None):\n"
        "    return None if name.partition('.')[0] == 'mcp' else find(name, path, target)\n"
        "PathFinder.find_spec = hidden\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from host.cli import main\n"
        "sys.exit(main(['run', '--mcp', '--port', '0']))\n"
    )
    command = [sys.executable, "app.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "pip install 'gradio[mcp]'" in ended.stderr
    assert "Traceback" not in ended.stderr
