"""A plugin with a virtual environment of its own, and another major version of NumPy in it."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from gradio_client.exceptions import AppError
from serving import App

PLUGIN = Path(__file__).with_name("numbers_plugin.py")


@pytest.fixture(scope="module")
def numpy_1(tmp_path_factory):
    """Python of a virtual environment with NumPy 1 and nothing else."""
    folder = tmp_path_factory.mktemp("own") / "venv"
    venv.create(folder, with_pip=False)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q"]
    if sys.version_info >= (3, 13):
        pytest.skip("there is no NumPy 1 for this Python")
    subprocess.run([*pip, "numpy<2"], check=True)
    return python


@pytest.fixture(scope="module")
def app(start_app, numpy_1, tmp_path_factory):
    """The plugin three times: with NumPy 1, with no NumPy, and with no interpreter at all."""
    folder = tmp_path_factory.mktemp("plugins")
    for name in ("lacking", "missing"):
        source = PLUGIN.read_text().replace("numbers_plugin", name).replace("Numbers", name.title())
        (folder / f"{name}.py").write_text(source)
    venv.create(folder / "bare", with_pip=False)
    return start_app(
        *("--plugin", str(PLUGIN), "--interpreter", f"numbers_plugin={numpy_1}"),
        *("--plugin", str(folder / "lacking.py")),
        *("--interpreter", f"lacking={folder / 'bare' / 'bin' / 'python'}"),
        *("--plugin", str(folder / "missing.py"), "--interpreter", "missing=/no/such/python"),
        *("--only", "numbers_plugin,lacking,missing"),
    )


@pytest.fixture
def client(app):
    client = app.client()
    yield client
    client.close()


def test_the_worker_has_numpy_1_and_the_web_process_numpy_2(client):
    versions = client.predict(api_name="/numbers_plugin_versions")
    assert versions["worker"].startswith("1.")
    assert versions["web"].startswith("2.")


def test_arrays_of_every_kind_cross_both_ways_unchanged(client):
    answer = client.predict(api_name="/numbers_plugin_arrays")
    assert answer == {"sent": answer["sent"], "there": [], "back": []}
    assert answer["sent"] > 20


def test_a_missing_interpreter_is_told_in_a_sentence(app, client):
    with pytest.raises(AppError, match=r"^Missing could not be started: its Python interpreter is"):
        client.predict(api_name="/missing_versions")
    app.wait_for_log(r"its interpreter /no/such/python is not there; set it to")


def test_an_interpreter_without_a_package_the_backend_needs_names_it(client):
    with pytest.raises(AppError, match=r"^Lacking could not be started: .* has no package numpy"):
        client.predict(api_name="/lacking_versions")


def test_the_others_answer_beside_those(client):
    assert client.predict(api_name="/numbers_plugin_versions")["worker"].startswith("1.")


@pytest.mark.parametrize("where", ["environment", "Spacefile"])
def test_the_interpreter_may_be_set_elsewhere(where, numpy_1, tmp_path):
    environment = {}
    if where == "environment":
        environment["TRIPTYCH_PLUGINS__NUMBERS_PLUGIN__INTERPRETER"] = numpy_1
    else:
        (tmp_path / "Spacefile").write_text(
            f"plugins:\n  numbers_plugin:\n    interpreter: {numpy_1}\n"
        )
    app = App(tmp_path, ["--plugin", str(PLUGIN), "--only", "numbers_plugin"], environment)
    try:
        app.wait_until_served()
        client = app.client()
        assert client.predict(api_name="/numbers_plugin_versions")["worker"].startswith("1.")
        client.close()
    finally:
        app.stop()
