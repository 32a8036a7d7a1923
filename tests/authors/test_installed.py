"""Plugins installed from wheels into a fresh environment, as their users have them."""

import json
import re
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from executor_tools import eventually
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image


@pytest.fixture
def client(installed_app):
    client = installed_app.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A dark disc on white."""
    y, x = np.mgrid[-1:1:200j, -1.5:1.5:300j]
    disc = np.where(x**2 + y**2 < 0.4, 40, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("photo") / "disc.png"
    Image.fromarray(disc).save(path)
    return handle_file(str(path))


def picture_of(answer):
    return np.asarray(Image.open(answer).convert("L"), np.float32)


def test_the_core_brings_no_framework(installation):
    """An author's plugin does not drag in what Triptych's own plugins need."""
    code = "from importlib import metadata; print(*(d.name for d in metadata.distributions()))"
    names = subprocess.check_output([installation.python, "-c", code], text=True).lower().split()
    assert {"triptych", "triptych-hello", "triptych-sketch", "my-plugin"} <= set(names)
    assert not {"tensorflow", "torch", "keras", "jax", "scipy", "scikit-learn"} & set(names)


def test_all_are_served_and_the_others_say_what_they_lack(installed_app, client):
    named = set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])
    assert named == {
        "/hello_greet",
        "/sketch_draw",
        "/sketch_outline",
        "/my_plugin_edges",
        "/my_plugin_blur",
    }
    assert "Traceback" not in installed_app.log


def test_hello(client):
    assert client.predict("Ada", api_name="/hello_greet") == "Hello, Ada!"
    with pytest.raises(AppError, match=r"^Please write a name\.$"):
        client.predict("  ", api_name="/hello_greet")


def test_sketch_streams_a_drawing(client, photo):
    job = client.submit(photo, "ink", 300, 1, api_name="/sketch_draw")
    eventually(job.done)
    assert len(job.outputs()) > 5
    sheets = [answer[0] for answer in job.outputs() if isinstance(answer[0], str)]
    first, last = picture_of(sheets[0]), picture_of(sheets[-1])
    assert last.shape == (200, 300)
    assert first[80:120, 130:170].mean() > 200  # the empty sheet
    assert last[80:120, 130:170].mean() < 120 < 200 < last[:20, :20].mean()


def test_sketch_stops_when_its_visitor_does(client, photo):
    job = client.submit(photo, "pencil", 1600, 1, api_name="/sketch_draw")
    eventually(lambda: len(job.outputs()) > 1)
    job.cancel()
    # The next call waits for the worker, which would be at it for seconds.
    lines, text = client.predict(photo, api_name="/sketch_outline")
    assert text == "Outlines"
    assert picture_of(lines).min() < 100
    assert not any("100%" in answer[1] for answer in job.outputs())


def test_sketch_says_what_it_cannot_draw(client, photo):
    with pytest.raises(AppError, match="Please give a photo"):
        client.predict(None, api_name="/sketch_outline")
    with pytest.raises(AppError, match="The seed is a whole number from 0"):
        client.submit(photo, "ink", 300, -1, api_name="/sketch_draw").result(30)


def test_the_generated_plugin(client, photo):
    edges = picture_of(client.predict(photo, api_name="/my_plugin_edges"))
    assert edges[100, 100:200].max() < 20 < 100 < edges.max()
    job = client.submit(photo, 5, api_name="/my_plugin_blur")
    job.result(timeout=60)
    assert len(job.outputs()) >= 5


def test_triptych_plugins_lists_them(installation):
    listed = installation.run("plugins")
    assert listed.returncode == 0, listed.stderr
    for line in (
        "hello 0.1.0 - Hello (installed (triptych-hello))",
        "sketch 0.1.0 - Sketch (installed (triptych-sketch))",
        "my_plugin 0.1.0 - My plugin (installed (my-plugin))",
    ):
        assert line in listed.stdout


@pytest.mark.parametrize("name", ["hello", "sketch"])
def test_triptych_check_passes(name, installation):
    checked = installation.run("check", name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_type_hints_are_shipped(installation, tmp_path):
    """A type checker in another environment knows what an author uses."""
    (tmp_path / "author.py").write_text(
        textwrap.dedent(
            """
            from host import Context, Plugin
            import triptych_sketch.manners

            def settings(context: Context) -> None:
                reveal_type(context.cache_dir)
                reveal_type(triptych_sketch.manners.LONGEST)
                Plugin(name="a", title="A", tabs="a:build")
            """
        )
    )
    mypy = [sys.executable, "-m", "mypy", "--python-executable", str(installation.python)]
    done = subprocess.run(
        [*mypy, "--config-file=", "--follow-imports=silent", "author.py"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )
    revealed = re.findall(r'Revealed type is "(?:\w+\.)*(\w+)"', done.stdout)
    assert revealed == ["Path", "int"], done.stdout
    assert 'Unexpected keyword argument "tabs" for "Plugin"' in done.stdout
    assert "py.typed" not in done.stdout  # as mypy says where it is missing


def test_the_wheel_has_all_its_files_and_no_tests(installation):
    (wheel,) = installation.wheels.glob("triptych-0*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"host/py.typed", "host/shipped_files/assets/triptych.css"} <= set(names)
    roots = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert roots == {"host", "plugins"}


def test_the_api_page_has_types_and_docstrings(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for endpoint in endpoints.values():
        assert json.dumps(endpoint).count('"python_type"') >= len(endpoint["parameters"])
        assert endpoint.get("description"), endpoint
