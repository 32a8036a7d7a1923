"""The Spacefile as a Space: what is wrong with one, the folder, and the push to a Hub."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from executor_tools import eventually
from packaging.requirements import Requirement
from serving import ROOT, App

from host import space
from host.space import push as pushing
from host.space import requirements

sys.path.insert(0, str(Path(__file__).parent))
from hub_stub import TOKEN, Hub

CARD = "title: T\nemoji: x\ncolorFrom: red\ncolorTo: red\nsdk: gradio\napp_file: app.py\n"


def triptych(*command, cwd=ROOT, **environment):
    """Run it as a user does, without this machine's own tokens."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "host", *command],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), "HF_HOME": "/nowhere", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def problems(text):
    return space.problems(yaml.safe_load(CARD + text))


# ---- check


def test_ours_is_a_space_without_a_warning():
    ran = triptych("space", "check", "--json")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {"problems": [], "warnings": []})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("suggested_hardwear: cpu-basic", "is it suggested_hardware?"),
        (
            "plugins: {face: {devise: cpu}}",
            "plugins.face.devise is no key of plugins.face; is it device?",
        ),
        (
            "limits: {visitor_cals: 3}",
            "limits.visitor_cals is no key of limits; is it visitor_calls?",
        ),
        ("plugins: {face: {zzz: 1}}", "plugins.face.zzz is no key of plugins.face."),
        ("plugins: {gan: {time_limit: soon}}", "plugins.gan.time_limit is wrong"),
        ("oauth: true", "oauth and hf_oauth go together"),
        ("hf_oauth: true", "oauth and hf_oauth go together"),
    ],
)
def test_what_is_wrong_is_named(text, sentence):
    (found,) = problems(text)
    assert sentence in found


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("operator_token: s3cr3t", "operator_token"),
        (f"title2: {TOKEN}", "title2"),
        (
            "plugins: {face: {options: {gallery: 'postgresql://me:s3cr3t@db/faces'}}}",
            "plugins.face.options.gallery",
        ),
        ("plugins: {face: {options: {api_key: s3cr3t}}}", "plugins.face.options.api_key"),
        ("tags: [one, 'https://me:s3cr3t@example.org']", "tags.1"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(text, where):
    found = "\n".join(problems(text))
    assert f"{where} could be read by everybody; make it a secret of the Space." in found
    assert "s3cr3t" not in found and TOKEN not in found


def test_a_gallery_without_a_password_is_no_secret():
    assert problems("plugins: {face: {options: {gallery: 'sqlite:///people.sqlite'}}}") == []
    assert problems("users: /etc/triptych/passwords") == []


def test_a_gpu_that_the_hardware_has_not_is_a_warning(tmp_path):
    (tmp_path / "Spacefile").write_text(CARD + "plugins: {gan: {device: 'cuda:0'}}\n")
    ran = triptych("space", "check", cwd=tmp_path)
    assert ran.returncode == 0
    assert "warning: plugins.gan.device is a GPU, and cpu-basic has none." in ran.stdout
    keys = yaml.safe_load(CARD + "suggested_hardware: t4-small\nplugins: {gan: {device: cuda}}")
    assert space.warnings(keys) == []
    keys["suggested_hardware"] = "zero-a10g"
    keys["plugins"] = {"gan": {"time_limit": 1800}}
    assert "plugins.gan.time_limit is over 120 seconds" in space.warnings(keys)[0]


# ---- export


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space") / "folder"
    ran = triptych("space", "export", str(folder))
    assert ran.returncode == 0, ran.stderr
    assert "--torch-index" in ran.stderr  # cpu-basic, and PyTorch's default is a CUDA build
    return folder


def test_only_what_a_space_needs_is_in_the_folder(exported):
    names = {path.name for path in exported.iterdir()}
    packages = {"host", "plugins", "assets"}
    assert names == {*packages, "app.py", "Spacefile", "requirements.txt", "README.md"}
    for path in exported.rglob("*"):
        assert path.name not in ("__pycache__", "tests", "docs", "testing", ".git")
        assert not path.is_file() or path.stat().st_size < 10_000_000  # more goes through LFS


def test_the_card_says_what_this_was_tested_with(exported):
    _, front, _ = (exported / "README.md").read_text().split("---\n")
    card = yaml.safe_load(front)
    assert card["sdk_version"] == metadata.version("gradio")
    assert card["python_version"] == "3.11" and card["sdk"] == "gradio"
    assert "plugins" not in card


def test_the_requirements_are_ours(exported):
    lines = (exported / "requirements.txt").read_text().splitlines()
    wanted = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line and line not in wanted] == []


def test_what_the_spacefile_switches_on_is_required(tmp_path):
    (tmp_path / "mine.py").write_text("")
    text = "oauth: true\nhf_oauth: true\nmcp: true\nplugin: [./mine.py]\n"
    text += "plugins: {face: {options: {gallery: 'postgresql://db/faces'}}, gan: {executor: ray}}"
    (tmp_path / "Spacefile").write_text(CARD + text)
    index = "https://wheels.example.org/cpu"
    ran = triptych("space", "export", "out", "--torch-index", index, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    lines = (tmp_path / "out" / "requirements.txt").read_text().splitlines()
    assert lines[1] == f"--extra-index-url {index}"
    extra = (*requirements.OAUTH, *requirements.MCP, *requirements.RAY, *requirements.POSTGRESQL)
    assert set(extra) <= set(lines)
    assert (tmp_path / "out" / "mine.py").is_file()


def test_a_plugin_elsewhere_cannot_be_exported(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "here" / "Spacefile").write_text(CARD + "plugin: [../mine.py]\n")
    ran = triptych("space", "export", "out", cwd=tmp_path / "here")
    assert ran.returncode == 1
    assert "plugin names ../mine.py, which is not in the Spacefile's folder." in ran.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where two plugins by others are installed."""
    site = tmp_path_factory.mktemp("site")
    flags = ["-q", "--no-deps", "--no-build-isolation", "--no-compile", "--target", str(site)]
    projects = [str(ROOT / "examples" / name) for name in ("hello", "sketch")]
    subprocess.run([sys.executable, "-m", "pip", "install", *flags, *projects], check=True)
    return site


def test_plugins_by_others_go_along(site, tmp_path):
    path = os.pathsep.join([str(ROOT), str(site)])
    (tmp_path / "Spacefile").write_text(CARD)
    ran = triptych("space", "export", "out", cwd=tmp_path, PYTHONPATH=path)
    assert ran.returncode == 0, ran.stderr
    lines = (tmp_path / "out" / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("opencv-python-headless")]
    assert not [line for line in lines if line.startswith("triptych")]
    program = [sys.executable, str(tmp_path / "out" / "app.py")]
    app = App(tmp_path, ["--only", "hello"], {"PYTHONPATH": ""}, program, tmp_path / "out")
    try:
        app.wait_until_served()
        client = app.client()
        assert client.predict("Ada", api_name="/hello_greet") == "Hello, Ada!"
        client.close()
    finally:
        app.stop()


def test_of_plugins_by_others_those_that_are_not_loaded_stay(site, tmp_path):
    path = os.pathsep.join([str(ROOT), str(site)])
    (tmp_path / "Spacefile").write_text(CARD + "disable: sketch\n")
    ran = triptych("space", "export", "out", cwd=tmp_path, PYTHONPATH=path)
    assert ran.returncode == 0, ran.stderr
    assert "opencv" not in (tmp_path / "out" / "requirements.txt").read_text()
    assert not (tmp_path / "out" / "triptych_sketch").exists()
    assert (tmp_path / "out" / "triptych_hello.py").is_file()


def test_a_plugin_in_a_folder_needs_what_its_project_says(tmp_path):
    shutil.copytree(ROOT / "examples" / "sketch", tmp_path / "sketch")
    (tmp_path / "Spacefile").write_text(CARD + "plugin: sketch\n")
    ran = triptych("space", "export", "out", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "opencv-python-headless" in (tmp_path / "out" / "requirements.txt").read_text()
    assert (tmp_path / "out" / "sketch" / "src" / "triptych_sketch").is_dir()


def test_a_plugin_that_is_installed_for_editing_is_refused(site, tmp_path):
    shutil.copytree(site, tmp_path / "site")
    (info,) = (tmp_path / "site").glob("triptych_sketch-*.dist-info")
    (info / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    path = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    (tmp_path / "Spacefile").write_text(CARD)
    ran = triptych("space", "export", "out", cwd=tmp_path, PYTHONPATH=path)
    assert ran.returncode == 1
    assert "triptych: triptych-sketch is installed with pip's -e" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_extras_are_those_of_the_project():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    ours = [requirements.OAUTH, requirements.MCP, requirements.RAY + requirements.POSTGRESQL]
    for lines, name in zip(ours, ("oauth", "mcp", "cluster"), strict=True):
        assert {str(Requirement(line)) for line in lines} == {
            str(Requirement(line)) for line in extras[name]
        }


def is_ready(url):
    try:
        return urllib.request.urlopen(f"{url}readyz", timeout=10).status == 200
    except urllib.error.HTTPError:
        return False


def test_the_folder_runs_as_it_is(exported, tmp_path):
    """As a Space does, but that the packages are installed already."""
    environment = {
        "PYTHONPATH": "",
        "SPACE_ID": "ada/triptych",
        "SYSTEM": "spaces",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "TRIPTYCH_OFFLINE": "1",
    }
    app = App(tmp_path, [], environment, [sys.executable, "app.py"], exported)
    try:
        app.wait_until_served()
        for title in ("Faces", "Style", "GAN"):
            app.wait_for_log(f"{title}: ready on")
        eventually(lambda: is_ready(app.url))
        client = app.client()
        assert Path(client.predict("7", 1, 1, 1.0, api_name="/gan_generate")).is_file()
        client.close()
        modules = subprocess.run(
            [sys.executable, "-c", "import host; print(host.__file__)"],
            cwd=exported,
            env={**os.environ, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
        )
        assert modules.stdout.strip() == str(exported / "host" / "__init__.py")
    finally:
        app.stop()


# ---- push


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def small(hub, tmp_path, monkeypatch):
    """A folder to push from this process to the stub."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name in ("README.md", "small.py", "weights.safetensors"):
        (tmp_path / name).write_text("---\ntitle: T\n---\n")
    return tmp_path


def push(hub, *flags, cwd=ROOT, **environment):
    given = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN, **environment}
    return triptych("space", "push", "ada/triptych", *flags, cwd=cwd, **given)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_what_arrives_is_what_is_exported(hub, exported):
    ran = push(hub, "--private", "--secret", "MY_KEY", MY_KEY="s3cr3t")
    assert ran.returncode == 0, ran.stderr
    assert f"{hub.url}/spaces/ada/triptych has it" in ran.stdout
    made = hub.spaces["ada/triptych"]
    assert made["made"]["sdk"] == "gradio" and made["made"]["visibility"] == "private"
    assert {**files_of(exported), ".gitattributes": b"* text"} == made["files"]
    assert hub.large  # the networks and the pictures
    assert made["secrets"] == {"MY_KEY": ("s3cr3t", 2)}  # before the files
    for told in (ran.stdout, ran.stderr):
        assert TOKEN not in told and "s3cr3t" not in told


def test_a_second_push_takes_away_what_is_no_longer_there(hub, exported):
    hub.spaces["ada/triptych"] = {"made": {}, "files": {"old.py": b""}, "secrets": {}}
    ran = push(hub)
    assert ran.returncode == 0, ran.stderr
    assert hub.spaces["ada/triptych"]["files"] == files_of(exported)


@pytest.mark.parametrize(
    ("refusals", "sentence"),
    [
        ({("POST", "/create"): 401}, "it does not accept the token"),
        ({("POST", "/create"): 403}, "the token may not write to ada/triptych"),
        ({("POST", "/commit/main"): 403}, "the token may not write to ada/triptych"),
        ({("POST", "/preupload/main"): 404}, "there is no ada/triptych"),
        ({("POST", "/commit/main"): 409}, "somebody else is changing ada/triptych"),
        ({("POST", "/objects/batch"): 403}, "the token may not write to ada/triptych"),
        ({("POST", "/commit/main"): 500}, "it answered with the status 500"),
    ],
)
def test_a_refusal_is_one_sentence(hub, refusals, sentence, small):
    hub.refusals.update(refusals)
    with pytest.raises(space.SpaceError) as refused:
        pushing.push(small, "ada/triptych")
    assert str(refused.value).startswith("The Hub was not reached or refused: ")
    assert sentence in str(refused.value) and TOKEN not in str(refused.value)
    hub.refusals.clear()
    assert pushing.push(small, "ada/triptych") == f"{hub.url}/spaces/ada/triptych"


@pytest.mark.parametrize(
    ("constant", "value", "sentence"),
    [
        ("HF_HUB_OFFLINE", True, "HF_HUB_OFFLINE is set"),
        ("ENDPOINT", "http://127.0.0.1:9", "there is no connection to it"),
    ],
)
def test_without_a_connection(hub, small, monkeypatch, constant, value, sentence):
    monkeypatch.setattr(f"huggingface_hub.constants.{constant}", value)
    with pytest.raises(space.SpaceError, match=sentence):
        pushing.push(small, "ada/triptych")
    assert hub.asked == []


def test_before_the_hub_is_asked(hub):
    for flags, environment, sentence in (
        ([], {"HF_TOKEN": ""}, "There is no token: set HF_TOKEN"),
        (["--secret", "NOT_SET"], {}, "The environment variable NOT_SET is not set."),
    ):
        ran = push(hub, *flags, **environment)
        assert (ran.returncode, sentence in ran.stderr) == (1, True), ran.stderr
        assert "Traceback" not in ran.stderr
    assert hub.asked == []
