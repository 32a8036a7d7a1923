"""``--log-format json``: every line of the log is one JSON object."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from serving import ROOT

PLUGIN = """
import logging, sys
import gradio as gr
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(Plugin(name="talker", title="Talker", tab="talker:build", backend="talker:Talker"))

class Talker:
    def __init__(self, context):
        pass

    def talk(self, name):
        print("printed in the worker")
        logging.getLogger("talker").warning("logged in the worker")
        return len(name)

    def fail(self):
        raise ZeroDivisionError("over nought")

def build(backend):
    name, answer = gr.Textbox(), gr.Textbox()

    def talk(name):
        print("printed in the web process")
        try:
            raise LookupError("printed with its traceback")
        except LookupError:
            import traceback
            traceback.print_exc()
        return str(backend.talk(name))

    def fail():
        return backend.fail()

    def fail_here():
        raise KeyError("in the tab")

    gr.Button().click(talk, name, answer, api_name="talker_talk")
    gr.Button().click(fail, None, answer, api_name="talker_fail")
    gr.Button().click(fail_here, None, answer, api_name="talker_fail_here")
"""
NAME = "Rumpelstiltskin"


@pytest.fixture(scope="module")
def lines(start_app, tmp_path_factory):
    """Every line of the log of an app that served a few calls and was stopped, parsed."""
    folder = tmp_path_factory.mktemp("talker")
    (folder / "talker.py").write_text(PLUGIN)
    flags = ("--plugin", str(folder / "talker.py"), "--only", "talker", "--log-format", "json")
    app = start_app(*flags, PYTHONPATH=str(folder))
    client = app.client()
    assert client.predict(NAME, api_name="/talker_talk") == str(len(NAME))
    for action in ("/talker_fail", "/talker_fail_here"):
        with pytest.raises(Exception, match="went wrong"):
            client.predict(api_name=action)
    client.close()
    assert app.stop() == 0
    return [json.loads(line) for line in app.log.splitlines()]


def said(lines, text):
    """The only line of that message."""
    (line,) = [line for line in lines if re.search(text, line["message"])]
    return line


def test_every_line_has_time_level_logger_and_message(lines):
    assert len(lines) > 5
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["level"] in ("debug", "info", "warning", "error", "critical")
        assert {"logger", "message"} <= line.keys()
    moment = time.strptime(lines[0]["time"][:19], "%Y-%m-%dT%H:%M:%S")
    assert abs(time.mktime(moment) - time.mktime(time.gmtime())) < 600


def test_calls_are_fields(lines):
    line = said(lines, r"talker\.talk: done")
    assert (line["plugin"], line["method"], line["outcome"]) == ("talker", "talk", "done")
    assert 0 <= line["seconds"] < 60 and 0 <= line["waited"] < 60
    assert re.fullmatch("[0-9a-f]{8}", line["call"])
    assert said(lines, r"talker\.fail: failed")["outcome"] == "failed"


def test_what_is_printed_becomes_lines_too(lines):
    assert said(lines, "^printed in the web process$")["logger"] == "stdout"
    assert said(lines, "^printed in the worker$")["plugin"] == "talker"
    assert said(lines, "is at http://")["level"] == "info"


def test_what_a_worker_logs_keeps_its_level_and_its_call(lines):
    line = said(lines, "^logged in the worker$")
    assert (line["level"], line["logger"], line["plugin"]) == ("warning", "talker", "talker")
    assert line["call"] == said(lines, r"talker\.talk: done")["call"]


def test_an_exception_is_one_field(lines):
    for text, kind in (("an event of Talker failed", "KeyError"), ("printed with", "LookupError")):
        line = said(lines, text)
        assert line["level"] == "error"
        assert line["exception"].startswith("Traceback")
        assert kind in line["exception"].splitlines()[-1]


def test_no_visitor_is_in_it(lines):
    assert NAME not in json.dumps(lines)


def test_a_refusal_to_start_is_a_line_too(tmp_path):
    command = [sys.executable, str(ROOT / "app.py"), "--only", "nobody", "--log-format", "json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    line = [json.loads(line) for line in ended.stderr.splitlines()][-1]
    assert "nobody" in line["message"]
    assert str(Path.home()) not in line["message"]
