"""What the Plugins tab and the line above each tab tell, and to whom."""

import pytest

from host import Plugin
from host.executors.status import Status
from host.plugins import Found
from host.ui.status import line, table

PLUGIN = Plugin(name="face", title="Faces", tab="a:b", backend="a:C", framework="torch")
FOUND = Found("face", "Faces", "built in", "1.0", PLUGIN)


def test_only_the_operator_reads_what_exceptions_said():
    status = Status(device="CPU", state="ready", pid=4242, last_error="KeyError: /root/secret")
    public, private = (table([(FOUND, [status])], details) for details in (False, True))
    assert "secret" not in public
    assert "4242" not in public
    assert "see the log" in public
    assert "secret" in private
    assert "process 4242" in private


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<i>"])
def test_nothing_a_plugin_says_is_taken_for_html(text):
    status = Status(device=text, state="broken", last_error=text, health={text: text})
    found = Found(text, text, text, text, PLUGIN)
    for html in (table([(found, [status])], True), line(found, [status])):
        assert text not in html


def test_a_gpu_that_the_framework_cannot_use_is_not_claimed():
    told = {"device": "cpu (PyTorch sees no GPU)"}
    status = Status(device="cuda:0 (NVIDIA H100)", state="ready", health=told)
    assert "Runs on <b>cpu (PyTorch sees no GPU)</b>" in line(FOUND, [status])


def test_a_plugin_is_unavailable_only_when_all_its_workers_are():
    good = Status(device="CPU", state="ready")
    bad = Status(
        device="CPU", state="broken", last_error="OSError: /root", sentence="The log says why."
    )
    assert "not available" not in line(FOUND, [good, bad])
    told = line(FOUND, [bad, bad])
    assert "The log says why." in told and "/root" not in told
