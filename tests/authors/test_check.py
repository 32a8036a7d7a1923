"""``triptych check``: sound plugins pass, and what is wrong with others is said in sentences."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = Path(__file__).with_name("check_plugins")


def triptych_check(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "host", "check", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=170,
    )


@pytest.fixture(scope="module")
def report_of(tmp_path_factory):
    """``report_of("name.py", *flags)``: state and problems of each check, and the exit status."""
    reports = {}

    def report(name, *flags, **environment):
        key = (name, flags, tuple(environment.items()))
        if key not in reports:
            file = tmp_path_factory.mktemp("check") / "report.json"
            done = triptych_check(PLUGINS / name, "--json", file, *flags, **environment)
            assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
            found = json.loads(file.read_text())
            assert done.returncode == (0 if found["passed"] else 1)
            reports[key] = {each["check"]: each for each in found["checks"]}
        return reports[key]

    return report


def failing(report):
    return {name for name, result in report.items() if result["state"] == "fails"}


def problems(report, check):
    return "\n".join(report[check]["problems"])


def test_a_good_plugin_passes_every_check(report_of):
    report = report_of("good.py")
    assert len(report) == 12
    assert {result["state"] for result in report.values()} <= {"ok", "note"}
    assert "good_count" in "".join(report["generators cancel"]["notes"])
    refused = "".join(report["events answer"]["notes"])
    assert "good_secret refused its example: 'Only on Sundays.'" in refused


@pytest.mark.parametrize("name", ["face", "style", "gan"])
def test_our_own_plugins_pass(name):
    # Two threads of a library that wait for each other cost more than the second core brings.
    done = triptych_check(name, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_heavy_imports_are_named_with_their_line(report_of):
    report = report_of("heavy.py")
    assert failing(report) == {"imports nothing heavy", "tab builds twice"}
    text = problems(report, "imports nothing heavy")
    assert "by `import gradio as gr` at" in text
    assert "heavy.py:3" in text
    text = problems(report, "tab builds twice")
    assert "scipy, by `import scipy` at" in text
    assert "heavy.py:14" in text


def test_what_a_careless_plugin_has_to_change(report_of):
    report = report_of("careless.py", "--time-limit", "20")
    assert failing(report) == {
        "imports nothing heavy",
        "tab builds twice",
        "event names",
        "signatures and docstrings",
        "no network at import",
        "health",
        "memory returns",
    }
    assert "careless_backend:absent is not there" in problems(report, "imports nothing heavy")
    assert "Expected 2 arguments for function" in problems(report, "tab builds twice")
    assert "The hook health_lines fails" in problems(report, "health")
    names = problems(report, "event names")
    assert 'api_name="careless_whisper"' in names
    assert "2 events are called careless_whisper" in names
    assert "gan_whisper belongs to the plugin gan" in names
    words = problems(report, "signatures and docstrings")
    assert "careless_shout (" in words
    assert "careless_tab.py:8), the event careless_shout, has no docstring" in words
    assert "does not annotate text" in words
    assert "Careless.shout (" in words
    assert "careless_backend.py:18) has no docstring" in words
    network = problems(report, "no network at import")
    assert "careless_backend.py:16 uses the network" in network
    assert "192.0.2.1" in network
    assert "time.sleep(600)" in problems(report, "memory returns")


def test_the_guest_of_a_careless_plugin_is_ended(report_of):
    pid = problems(report_of("careless.py", "--time-limit", "20"), "memory returns")
    pid = int(pid.partition("(process ")[2].partition(")")[0])
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_calls_that_go_wrong_are_told_apart(report_of):
    report = report_of("faulty.py", "--time-limit", "4")
    assert failing(report) == {
        "events answer",
        "bad input",
        "generators cancel",
        "results survive the pipe",
    }
    answers = report["events answer"]["problems"]
    assert len(answers) == 4
    for event, cause in (
        ("faulty_backend_fails", "faulty_backend.py:15): ZeroDivisionError: a bug of mine"),
        ("faulty_tab_fails", "faulty_tab.py:22): KeyError: 'A short text'"),
        ("faulty_crash", "faulty_tab.py"),
        ("faulty_endless", "no answer within 4 s"),
    ):
        assert any(event in text and cause in text for text in answers), answers
    bad = problems(report, "bad input")
    assert "faulty_digits with an empty text for Whole number" in bad
    assert "ValueError: invalid literal for int()" in bad
    assert "faulty_root" not in bad  # a number field of the host lets no NaN through
    assert "faulty_stubborn" in problems(report, "generators cancel")
    lost = problems(report, "results survive the pipe")
    assert "faulty_lock: what faulty_backend:Faulty's lock returns cannot leave" in lost
    assert "Return NumPy arrays" in lost


@pytest.mark.parametrize(
    ("how", "check", "cause"),
    [
        ("raises", "backend constructs", "bad_start.py:22: FileNotFoundError: model.bin"),
        ("crashes", "backend constructs", "killed by signal 6"),
        ("hangs", "backend constructs", "not ready within 3 s"),
        ("fine", "health", "KeyError: 'name'"),
    ],
)
def test_a_backend_that_does_not_start(report_of, how, check, cause):
    report = report_of(
        "bad_start.py", "--time-limit", "3" if how == "hangs" else "30", BAD_START=how
    )
    assert failing(report) == {check}
    assert cause in problems(report, check)
    assert report["events answer"]["state"] == "not reached"


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("dies_in_tab.py", "signal 6"),
        ("hangs_in_tab.py", "It did not end: building the tab"),
        ("raises_in_tab.py", "raises_in_tab.py:10: LookupError: no such component"),
    ],
)
def test_a_tab_that_cannot_be_built(report_of, name, cause):
    report = report_of(name, "--time-limit", "6")
    assert failing(report) == {"tab builds twice"}
    assert cause in problems(report, "tab builds twice")


def test_a_check_that_cannot_be_tried_fails(report_of):
    report = report_of("raises_in_tab.py", "--only", "bad input")
    assert failing(report) == {"bad input"} == report.keys()
    assert "LookupError" in problems(report, "bad input")


def test_wrong_usage_is_answered_with_a_sentence():
    done = triptych_check("no_such_plugin")
    assert done.returncode == 2
    assert "There is no plugin 'no_such_plugin'" in done.stderr
    assert "face, gan, style" in done.stderr
    done = triptych_check("face", "--only", "bad imput")
    assert done.returncode == 2
    assert "did you mean 'bad input'?" in done.stderr
    assert triptych_check("no/such/folder").returncode == 2
    assert triptych_check("face", "--time-limit", "0").returncode == 2
    listed = triptych_check("--list")
    assert listed.returncode == 0
    assert len(listed.stdout.splitlines()) == 12


def run_pytest(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
    )


def test_the_pytest_plugin_makes_a_test_of_each_check(tmp_path):
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ntriptych_plugins = {PLUGINS / 'good.py'}\n")
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    done = run_pytest(tmp_path, "-vv", f"--triptych={PLUGINS / 'raises_in_tab.py'}")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 14 passed, 10 skipped" in done.stdout
    assert "triptych::good::events answer PASSED" in done.stdout
    assert "FAILED triptych::raises_in_tab::tab builds twice" in done.stdout
    assert "LookupError: no such component" in done.stdout
    assert "Traceback" not in done.stdout
    chosen = run_pytest(tmp_path, "--collect-only", "-k", "health")
    assert "triptych::good::health" in chosen.stdout
    assert "test_own" not in chosen.stdout


def test_a_test_run_that_does_not_use_it_imports_nothing_of_the_host(tmp_path):
    (tmp_path / "test_own.py").write_text(
        "import sys\n\n\ndef test_own():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] in ('host', 'gradio')}\n"
        "    print('imported:', sorted(ours))\n"
    )
    done = run_pytest(tmp_path, "-s")
    assert "imported: ['host', 'host.devices'" in done.stdout, done.stdout
    assert "'gradio" not in done.stdout
    assert "host.host" not in done.stdout
