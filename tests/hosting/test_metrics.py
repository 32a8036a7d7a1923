"""What an operator's programs read: /healthz, /readyz, /metrics, and the dashboard."""

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import ROOT

DEMO = str(ROOT / "tests/host/demo_plugin.py")
BROKEN = str(ROOT / "tests/authors/broken_plugins/broken_import.py")
TOKEN = "a token for tests"


def get(app, path, **headers):
    """Status, headers and text of an answer, whatever the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(app.url + path, headers=named)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read().decode()


def figures(app):
    """{(name, {label: value} as a sorted tuple): figure} of every sample."""
    status, headers, text = get(app, "metrics")
    assert status == 200, text
    assert headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))))


def wait_until_ready(app):
    end = time.monotonic() + 60
    while get(app, "readyz")[0] != 200:
        assert time.monotonic() < end, app.log
        time.sleep(0.1)


@pytest.fixture(scope="module")
def app(start_app):
    app = start_app(
        *("--plugin", DEMO, "--plugin", BROKEN, "--only", "demo,broken_import"),
        TRIPTYCH_OPERATOR_TOKEN=TOKEN,
        PYTHONPATH=str(ROOT / "tests/host"),
    )
    wait_until_ready(app)
    return app


def test_it_is_alive(app):
    assert get(app, "healthz")[::2] == (200, "ok")


def test_a_broken_plugin_is_named_and_does_not_make_the_app_unready(app):
    status, _, text = get(app, "readyz")
    assert status == 200
    assert json.loads(text)["ready"] is True
    assert json.loads(text)["plugins"]["demo"] == "ready"
    assert "broken" in json.loads(text)["plugins"].values()


SLOW = """
import time
import gradio as gr
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(Plugin(name="slow", title="Slow", tab="slow:build", backend="slow:Slow"))

class Slow:
    def __init__(self, context):
        time.sleep(2)

def build(backend):
    gr.Markdown("slow")
"""


def test_it_is_not_ready_while_workers_warm_up_and_looking_starts_none(start_app, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    slow = start_app(
        *("--plugin", str(tmp_path / "slow.py"), "--only", "slow"),
        PYTHONPATH=str(tmp_path),
        TRIPTYCH_PLUGINS__SLOW__IDLE_UNLOAD="1",
    )
    status, _, text = get(slow, "readyz")
    assert (status, json.loads(text)["ready"]) == (503, False)
    wait_until_ready(slow)
    slow.wait_for_log("unloaded after")
    end = time.monotonic() + 30
    while slow.workers():
        assert time.monotonic() < end
        time.sleep(0.1)
    for _ in range(5):
        samples = figures(slow)
        assert get(slow, "readyz")[0] == 200
    labels = {"plugin": "slow", "worker": "0"}
    assert figure(samples, "triptych_worker_up", **labels, state="new") == 1
    assert figure(samples, "triptych_worker_restarts_total", **labels) == 0
    assert figure(samples, "triptych_sessions") == 0
    assert not slow.workers()
    slow.stop()


def test_calls_are_counted_by_outcome_and_timed(app):
    before = figures(app)
    client = app.client()
    client.predict(3, api_name="/demo_count")
    with pytest.raises(Exception, match="went wrong"):
        client.predict(api_name="/demo_fail")
    after = figures(app)

    def grown(name, **labels):
        return figure(after, name, **labels) - (figure(before, name, **labels) or 0)

    assert grown("triptych_calls_total", plugin="demo", outcome="done") == 1
    assert grown("triptych_calls_total", plugin="demo", outcome="failed") == 1
    assert grown("triptych_call_seconds_count", plugin="demo") == 2
    assert 0.15 < grown("triptych_call_seconds_sum", plugin="demo") < 30
    assert grown("triptych_call_wait_seconds_count", plugin="demo") == 2


def test_a_stopped_call_is_counted_as_cancelled(app):
    client = app.client()
    job = client.submit(1000, api_name="/demo_count")
    end = time.monotonic() + 30
    while not figure(figures(app), "triptych_worker_busy", plugin="demo", worker="0"):
        assert time.monotonic() < end
        time.sleep(0.1)
    job.cancel()
    client.close()  # as a page that is closed
    labels = {"plugin": "demo", "outcome": "cancelled"}
    while not figure(figures(app), "triptych_calls_total", **labels):
        assert time.monotonic() < end, figures(app)
        time.sleep(0.1)


def test_a_worker_that_died_and_came_back_is_a_restart(app):
    labels = {"plugin": "demo", "worker": "0"}
    before = figure(figures(app), "triptych_worker_restarts_total", **labels)
    client = app.client()
    with pytest.raises(Exception, match="stopped unexpectedly"):
        client.predict(api_name="/demo_die")
    client.predict(api_name="/demo_pid")
    samples = figures(app)
    assert figure(samples, "triptych_worker_restarts_total", **labels) == before + 1
    assert figure(samples, "triptych_worker_up", **labels, state="ready") == 1
    assert figure(samples, "triptych_worker_up", **labels, state="broken") == 0
    assert figure(samples, "triptych_worker_memory_bytes", **labels) > 5e6
    assert figure(samples, "triptych_web_memory_bytes") > 5e7


def test_metrics_are_for_the_operator(app):
    assert get(app, "metrics", X_Forwarded_For="203.0.113.9")[0] == 403
    assert "operator" in get(app, "metrics", X_Forwarded_For="203.0.113.9")[2]
    assert get(app, "metrics", Authorization="Bearer wrong")[0] == 403
    told = get(app, "metrics", X_Forwarded_For="203.0.113.9", Authorization=f"Bearer {TOKEN}")
    assert told[0] == 200
    assert "triptych_build_info" in told[2]


def test_the_dashboard_asks_only_for_what_there_is(app):
    app.client().predict(api_name="/demo_pid")
    there = {name for name, _ in figures(app)} | {"triptych_refusals_total"}
    dashboard = json.loads((ROOT / "deploy/grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [each["query"]["query"] for each in dashboard["templating"]["list"][1:]]
    names = {name for expression in asked for name in re.findall(r"triptych_\w+", expression)}
    assert len(names) > 10
    assert names <= there
    families = {line.split()[2] for line in get(app, "metrics")[2].splitlines() if "# TYPE" in line}
    assert "triptych_refusals_total" in families


def test_names_and_units_are_as_prometheus_wants_them(app):
    for family in text_string_to_metric_families(get(app, "metrics")[2]):
        assert family.name.startswith("triptych_")
        assert family.documentation
        for sample in family.samples:
            assert not re.search(r"_(ms|mb|minutes)(_|$)", sample.name)
            assert family.type != "counter" or sample.name.endswith("_total")
