"""What a client sends that is not what was due is answered with a sentence."""

import json
import math
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

ASSETS = Path(__file__).parents[2] / "assets"
ANNA = ASSETS / "face" / "anna_1.jpg"


@pytest.fixture(scope="module")
def client(demo):
    client = demo.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def endpoints(demo):
    return json.load(urllib.request.urlopen(f"{demo.url}gradio_api/info"))["named_endpoints"]


@pytest.fixture(scope="module")
def picture(demo, client):
    """A picture that was uploaded, as a client names it."""
    boundary = "frontier"
    body = (
        (
            f"--{boundary}\r\nContent-Disposition: form-data; name=files; filename=anna.jpg\r\n"
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        + ANNA.read_bytes()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    request = urllib.request.Request(
        f"{demo.url}gradio_api/upload",
        body,
        {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    (path,) = json.load(urllib.request.urlopen(request))
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def send(demo, path, body):
    """Status and what came back of a POST; a text where it is no JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{demo.url}gradio_api/{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def call(demo, name, data, **more):
    """What a visitor reads who calls an event without any client library."""
    status, answer = send(demo, f"call/{name}", {"data": data, **more})
    if status != 200:
        return answer["detail"]
    url = f"{demo.url}gradio_api/call/{name}/{answer['event_id']}"
    with urllib.request.urlopen(url, timeout=120) as stream:
        kind = ""
        for line in stream:
            if line.startswith(b"event: "):
                kind = line[7:].strip().decode()
            elif kind == "error":
                return json.loads(line[5:])["error"]
            elif kind == "complete":
                return None
    raise AssertionError("the stream just ended")


def values(endpoints, name, **others):
    """An event's defaults, with other values by the names of its parameters."""
    names = [each["parameter_name"] for each in endpoints[f"/{name}"]["parameters"]]
    assert others.keys() <= set(names), names
    return [
        others.get(each["parameter_name"], each.get("parameter_default"))
        for each in endpoints[f"/{name}"]["parameters"]
    ]


def assert_is_a_sentence(said):
    assert isinstance(said, str) and 10 < len(said) < 400, said
    assert said[0] == "“" or said[0].isupper() or said.startswith(("data:", "session_hash:")), said
    for word in ("Traceback", "Error(", "pydantic", "gradio", "/dev/", "/tmp", str(ASSETS)):
        assert word not in said, said


NAN, HUGE = math.nan, 10**40
ELSEWHERE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
WRONG = [
    ("face_verify", "first", "a text", "First picture"),
    ("face_verify", "first", 5, "First picture"),
    ("face_verify", "first", {"a": {"b": [1]}}, "upload it again"),
    ("face_verify", "first", {"path": str(ANNA)}, "“First picture” takes a picture that was"),
    ("face_verify", "first", [[[]]], "First picture"),
    ("face_verify", "first", ELSEWHERE, "First picture"),
    ("face_verify", "second", {"path": 7, "meta": {"_type": "gradio.FileData"}}, "Second"),
    ("face_verify", "second", {"path": "../../../etc/passwd"}, "Second picture"),
    ("face_verify", "threshold", "much", "“Threshold” takes a number"),
    ("face_verify", "threshold", NAN, "“Threshold” takes a number from"),
    ("face_verify", "threshold", [0.5], "Threshold"),
    ("face_verify", "threshold", None, "Threshold"),
    ("face_verify", "threshold", 99, "Threshold"),
    ("face_verify", "model", "no such model", "“Model” takes one of: "),
    ("face_verify", "model", {"value": "auto"}, "“Model” takes one of: "),
    ("gan_generate", "seed", "abc", "“Seed” takes a number"),
    ("gan_generate", "seed", HUGE, "Seed"),
    ("gan_generate", "seed", -math.inf, "Seed"),
    ("gan_generate", "seed", True, "Seed"),
    ("gan_generate", "count", {"n": 3}, "How many"),
    ("gan_generate", "digits", ["all"], "Digits"),
    ("gan_generate", "digits", "\ud800", "Digits"),
    ("gan_generate", "kind", 0, "Pictures of"),
    ("style_transfer", "steps", "many", "Steps"),
    ("style_transfer", "drawing", "a drawing", "Where each painting shows"),
    ("style_transfer", "drawing", {"layers": [ELSEWHERE]}, "Where each painting shows"),
    ("style_transfer", "pooling", "sideways", "“Pooling” takes one of: "),
    ("style_transfer", "size", False, "Size"),
]


@pytest.mark.parametrize(("name", "parameter", "value", "due"), WRONG)
def test_a_wrong_value_is_told(demo, endpoints, picture, name, parameter, value, due):
    given = {"face_verify": {"first": picture, "second": picture}}.get(name, {})
    before = len(demo.log)
    said = call(demo, name, values(endpoints, name, **{**given, parameter: value}))
    assert_is_a_sentence(said)
    assert due in said
    assert "Traceback" not in demo.log[before:]


@pytest.mark.parametrize("name", ["face_verify", "style_transfer", "gan_generate"])
@pytest.mark.parametrize("data", [[], [1], list(range(60))], ids=["none", "one", "sixty"])
def test_the_number_of_values_is_told(demo, endpoints, name, data):
    said = call(demo, name, data)
    assert_is_a_sentence(said)
    assert f"takes {len(endpoints[f'/{name}']['parameters'])} values" in said
    assert f"{len(data)} came" in said


CALLS = [
    ("call/no_such_event", {"data": []}, 404),
    ("call/v2/no_such_event", {"a": 1}, 404),
    ("call/v2/gan_generate", {"no_such_parameter": 1}, 400),
    ("run/predict", {"data": []}, 404),
    ("run/predict", {"data": [], "fn_index": 99999}, 404),
    ("run/gan_generate", {"data": []}, 404),
    ("queue/join", {"data": [], "fn_index": 99999, "session_hash": "abc"}, 404),
    ("queue/join", {"data": [], "fn_index": 0}, 400),
    ("queue/join", {"data": [], "session_hash": "abc"}, 400),
    ("queue/join", {"data": "x", "fn_index": 0, "session_hash": "abc"}, 422),
    ("queue/join", {"data": [], "fn_index": "first", "session_hash": ["a"]}, 422),
    ("queue/join", {"data": [], "fn_index": 0, "session_hash": {"a": 1}}, 422),
    ("queue/join", b"{not json", 422),
    ("queue/join", b"\xff\xfe", 400),
    ("queue/join", [1, 2], 422),
    ("queue/join", None, 422),
]


@pytest.mark.parametrize(("path", "body", "status"), CALLS)
def test_a_call_that_is_none_is_told(demo, path, body, status):
    before = len(demo.log)
    got, answer = send(demo, path, body)
    assert got == status or {got, status} == {400, 422}, answer
    assert_is_a_sentence(answer["detail"])
    assert "Traceback" not in demo.log[before:]


def test_an_event_without_a_queue_tells_too(demo):
    config = json.load(urllib.request.urlopen(f"{demo.url}config"))
    number = next(each["id"] for each in config["dependencies"] if each["queue"] is False)
    before = len(demo.log)
    body = {"data": [1, 2, 3], "fn_index": number, "session_hash": "abc"}
    status, answer = send(demo, "run/predict", body)
    assert status == 400
    assert_is_a_sentence(answer["error"])
    assert "3 came" in answer["error"]
    assert "Traceback" not in demo.log[before:]


def test_the_client_library_reads_the_same(demo, client):
    before = len(demo.log)
    with pytest.raises(AppError, match="“Model” takes one of: "):
        client.predict(handle_file(ANNA), handle_file(ANNA), 0, "none", api_name="/face_verify")
    assert "Traceback" not in demo.log[before:]


def test_a_file_that_is_gone_is_told(demo, endpoints, picture):
    gone = {**picture, "path": str(Path(picture["path"]).with_name("gone.zip"))}
    said = call(demo, "face_enrol_zip", values(endpoints, "face_enrol_zip", archive=gone))
    assert_is_a_sentence(said)


def test_an_answer_that_cannot_be_shown_is_ours(start_app, tmp_path):
    (tmp_path / "odd.py").write_text(ODD)
    app = start_app("--only", "odd", "--plugin", str(tmp_path / "odd.py"))
    said = call(app, "odd_answer", [])
    assert "Something went wrong in Odd (call " in said
    number = said.partition("(call ")[2][:8]
    assert "secret" not in said
    assert f"[{number}]" in app.log and "Traceback" in app.log


ODD = """
from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="odd", title="Odd", tab="odd:build"))


def build(backend):
    import gradio as gr

    shown = gr.Image(label="Picture")
    gr.Button("Answer").click(lambda: {"secret": object()}, None, shown, api_name="odd_answer")
"""
