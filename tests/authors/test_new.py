"""``triptych new``: what it writes works as it is, and it overwrites nothing."""

import os
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import httpx
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from host.cli import new

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FRAMEWORKS = ("none", "torch", "tensorflow")


@pytest.fixture(scope="module", params=FRAMEWORKS)
def written(request, tmp_path_factory):
    """A plugin for each framework, as its author gets it."""
    return new.create("my-plugin", tmp_path_factory.mktemp(request.param), request.param)


def run(*command, cwd, **environment):
    """Run a Python module as an author would in the plugin's folder; returns its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{cwd}", **environment},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def content(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {file: file.read_bytes() for file in files if "__pycache__" not in file.parts}


@pytest.mark.timeout(400)  # TensorFlow is imported by one process after another
def test_its_tests_and_checks_pass_as_generated(written):
    # An installed Triptych brings the pytest plugin along.
    report = run("pytest", cwd=written)
    assert "tests/test_backend.py .." in report
    assert "tests/test_tab.py ..." in report
    assert "triptych ...." in report


def test_ruff_has_nothing_to_say(written):
    run("ruff", "check", ".", cwd=written)
    run("ruff", "format", "--check", ".", cwd=written)


def test_mypy_has_nothing_to_say(written, tmp_path_factory):
    # What it makes of PyTorch is kept for the next. Triptych itself is no installed package here.
    cache = tmp_path_factory.getbasetemp() / "mypy"
    run(
        *("mypy", "--follow-imports", "silent", "--cache-dir", str(cache)),
        cwd=written,
        MYPYPATH=str(ROOT),
    )


@pytest.fixture(scope="module")
def app(written, start_app):
    served = start_app("--plugin", str(written), "--only", "my_plugin", "--strict")
    yield served
    served.stop()


@pytest.fixture
def red(tmp_path):
    Image.new("RGB", (1000, 800), "red").save(tmp_path / "red.png")
    return handle_file(tmp_path / "red.png")


def test_a_picture_goes_in_and_comes_out(app, red):
    with Image.open(app.client().predict(red, api_name="/my_plugin_edges")) as picture:
        assert picture.size == (1000, 800)
        assert picture.convert("RGB").getextrema() == ((0, 0),) * 3  # one colour has no edges


def test_a_visitor_can_stop_the_blur_and_start_again(app, red):
    client = app.client()
    job = client.submit(red, 100, api_name="/my_plugin_blur")
    while not job.outputs():
        assert not job.done(), job.result()
        time.sleep(0.05)
    press(client, app.url, "Stop")
    job.result(timeout=60)
    assert 1 <= len(job.outputs()) < 100
    assert client.predict(red, 1, api_name="/my_plugin_blur")


def test_more_steps_than_the_slider_has_are_refused_with_a_sentence(app, red):
    with pytest.raises(AppError, match="100"):
        app.client().predict(red, 101, api_name="/my_plugin_blur")


def press(client, url, button):
    """What the browser sends for a button that is not in the API."""
    labels = {part["id"]: part["props"].get("value") for part in client.config["components"]}
    [event] = [
        event["id"]
        for event in client.config["dependencies"]
        if button in [labels.get(target) for target, _ in event["targets"]]
    ]
    body = {"data": [], "fn_index": event, "session_hash": client.session_hash}
    httpx.post(f"{url}gradio_api/run/predict", json=body, timeout=30).raise_for_status()


def test_its_pyproject_finds_the_plugin_and_asks_for_its_framework_only(written):
    project = tomllib.loads((written / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my-plugin"
    assert project["entry-points"] == {"triptych": {"my_plugin": "my_plugin"}}
    names = {need.partition(">")[0] for need in project["dependencies"]}
    assert names == {"triptych", "numpy", written.parent.name.rstrip("0123456789")} - {"none"}
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {*ours["dependencies"], *chain(*ours["optional-dependencies"].values())}
    assert set(project["dependencies"]) - {f"triptych>={ours['version']}"} <= known


def test_every_file_fits_on_one_screen(written):
    for file in written.rglob("*.py"):
        assert len(file.read_text().splitlines()) <= 60, file


def test_the_author_is_the_one_whom_git_knows(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(tmp_path)
    assert "authors" not in (new.create("nobody", tmp_path) / "pyproject.toml").read_text()
    (tmp_path / "gitconfig").write_text('[user]\nname = Ann \\"A\\" Ö\nemail = ann@example.org\n')
    text = (new.create("somebody", tmp_path) / "pyproject.toml").read_text("utf-8")
    author = {"name": 'Ann "A" Ö', "email": "ann@example.org"}
    assert tomllib.loads(text)["project"]["authors"] == [author]


def test_the_command_guesses_the_rest_and_says_what_comes_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert new.main(["edge-finder", "--title", 'Edges "à la carte"']) == 0
    said = capsys.readouterr().out
    for command in (
        "cd edge-finder",
        'pip install -e ".[test]"',
        "triptych run --plugin . --reload",
        "triptych check .",
        "pytest",
    ):
        assert f"  {command}\n" in said
    written = tmp_path / "edge-finder"
    hook = run("host", "plugins", "--plugin", str(written), "--only", "edge_finder", cwd=tmp_path)
    assert 'edge_finder 0.1.0 - Edges "à la carte"' in hook
    assert "class EdgeFinderBackend" in (written / "edge_finder" / "backend.py").read_text()
    assert (written / "edge_finder" / "py.typed").exists()
    assert (written / ".gitignore").exists()
    assert not [text for text in content(written).values() if b"$" in text]


def test_a_folder_in_use_is_left_as_it_is(tmp_path, capsys):
    written = new.create("my-plugin", tmp_path)
    (written / "README.md").write_text("my own words")
    before = content(tmp_path)
    assert new.main(["my-plugin", "--into", str(tmp_path), "--framework", "torch"]) == 1
    assert content(tmp_path) == before
    said = capsys.readouterr().err
    assert said.startswith(f"triptych new: {written} is in use")
    assert "--into" in said


def test_an_empty_folder_may_be_there(tmp_path):
    (tmp_path / "my-plugin").mkdir()
    assert (new.create("my-plugin", tmp_path) / "pyproject.toml").exists()


def test_a_file_in_the_way_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert new.main(["my-plugin", "--into", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "because", "suggestion"),
    [
        ("My Plugin!", "lower-case", "my-plugin"),
        ("2048-game", "lower-case", "game"),
        ("../evil", "lower-case", "evil"),
        ("ends-", "lower-case", "ends"),
        ("", "lower-case", "my-plugin"),
        ("a" * 33, "at most 32", "a" * 25),
        ("class", "word of Python", "class-plugin"),
        ("json", "module of Python", "json-plugin"),
        ("numpy", "installed module", "numpy-plugin"),
        ("host", "installed module", "host-plugin"),
        ("pytest-timeout", "installed", "pytest-timeout-plugin"),
        ("gan", "name of a plugin", "gan-plugin"),
        ("check", "is a command", "check-plugin"),
        ("tests", "something else", "tests-plugin"),
        ("torch", "something else", "torch-plugin"),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_another(
    name, because, suggestion, tmp_path, capsys
):
    assert new.main([name, "--into", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert because in said
    assert f"such as {suggestion}." in said
    assert not list(tmp_path.iterdir())
    new.create(suggestion, tmp_path)  # a suggestion is no dead end


@pytest.mark.parametrize("title", ["", "two\nlines"])
def test_a_title_is_one_line(title, tmp_path):
    with pytest.raises(new.NewError, match="one line"):
        new.create("my-plugin", tmp_path, title=title)
    assert not list(tmp_path.iterdir())


def test_the_first_plugin_page_changes_the_edges_and_nothing_else(tmp_path):
    page = (ROOT / "docs" / "first-plugin.md").read_text("utf-8")
    _, _, rest = page.partition("```python\n# my_plugin/backend.py\n")
    changed = rest.partition("```")[0]
    generated = (new.create("my-plugin", tmp_path) / "my_plugin" / "backend.py").read_text("utf-8")
    assert changed != generated
    assert without_edges(changed) == without_edges(generated)


def without_edges(source):
    before, _, rest = source.partition("    def edges(")
    return before + rest.partition("    def blur(")[2]
