"""The image, the compose file and the systemd unit, as far as no engine is needed."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from serving import ROOT, App

from host.settings import Settings

DEPLOY = ROOT / "deploy"
DEMO = ROOT / "tests" / "host" / "demo_plugin.py"


def instructions():
    """The Dockerfile's, as (name, rest), in its order."""
    text = (DEPLOY / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def all_of(name):
    return [rest for instruction, rest in instructions() if instruction == name]


def ignored(path):
    """Whether .dockerignore, in which the last pattern that fits counts, keeps it out."""
    out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#"):
            names = [path, *map(str, Path(path).parents)]
            fits = any(fnmatch.fnmatch(name, pattern) for name in names)
            out = not line.startswith("!") if fits else out
    return out


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the COPY instructions put into /app, and the environment of ENV."""
    root = tmp_path_factory.mktemp("image")
    (root / "app").mkdir()
    for rest in all_of("COPY"):
        *sources, to = rest.split()
        for source in sources:
            assert not ignored(source), f"{source} is kept out of the build by .dockerignore"
            if (ROOT / source).is_dir():
                leave_out = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, root / "app" / to, ignore=leave_out)
            else:
                shutil.copy(ROOT / source, root / "app" / to)
    environment = dict(part.split("=", 1) for rest in all_of("ENV") for part in shlex.split(rest))
    for folder in re.findall(r"/data/\w+", " ".join(all_of("RUN"))):
        (root / folder[1:]).mkdir(parents=True)
    return root, {key: value.replace("/data", f"{root}/data") for key, value in environment.items()}


@pytest.fixture(scope="module")
def container(image, tmp_path_factory):
    """ENTRYPOINT and CMD, run in what the image holds."""
    root, environment = image
    command = [*json.loads(all_of("ENTRYPOINT")[0]), *json.loads(all_of("CMD")[0])]
    assert command[0] == "python"
    environment = {**environment, "PYTHONPATH": "", "HOME": str(root)}
    flags = ["--offline", "--only", "demo", "--plugin", str(DEMO)]
    flags += ["--cache", environment["TRIPTYCH_CACHE"]]
    folder = tmp_path_factory.mktemp("log")
    app = App(folder, flags, environment, [sys.executable, *command[1:]], root / "app")
    app.wait_until_served()
    yield app
    app.kill()


def health(port):
    (check,) = all_of("HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    assert command[0] == "python"
    return subprocess.run(
        [sys.executable, *command[1:]],
        env={**os.environ, "TRIPTYCH_PORT": str(port)},
        capture_output=True,
        timeout=60,
    ).returncode


def test_what_the_image_holds_is_served_and_its_health_check_tells(container):
    assert health(container.port) == 0
    client = container.client()
    assert client.predict(3, api_name="/demo_count") == "ended at 2"
    client.close()
    assert container.stop() == 0
    assert health(container.port) != 0


def test_nothing_else_is_sent_to_the_build():
    for path in ("tests", "docs/index.md", ".git", ".venv", "deploy/triptych.env", "README.md"):
        assert ignored(path), path
    assert ignored("host/__pycache__") and not ignored("host/settings.py")


def test_the_container_is_nobody_special_and_keeps_its_data():
    names = [name for name, _ in instructions()]
    assert all_of("USER") == ["triptych"]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert not [name for name in names[names.index("USER") :] if name in ("RUN", "COPY")]
    assert all_of("VOLUME") == ["/data"]


@pytest.mark.parametrize(
    ("variant", "index", "expected"),
    [
        ("cpu", "", []),
        (
            "cpu",
            "https://wheels.example.org/cpu",
            ["--extra-index-url", "https://wheels.example.org/cpu"],
        ),
        ("cuda", "", ["tensorflow[and-cuda]"]),
    ],
)
def test_the_variants_install_what_they_say(variant, index, expected, tmp_path):
    (tmp_path / "pip").write_text('#!/bin/sh\nfor part; do echo "$part"; done\n')
    (tmp_path / "pip").chmod(0o755)
    (install,) = [rest for rest in all_of("RUN") if "pip install" in rest]
    ran = subprocess.run(
        ["sh", "-c", install],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "VARIANT": variant,
            "TORCH_INDEX": index,
            "EXTRAS": "gradio[mcp] pgvector",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    words = ran.stdout.split()
    rest = [word for word in words if word not in ("install", "--no-cache-dir")]
    assert sorted(rest) == sorted([*expected, "-r", "requirements.txt", "gradio[mcp]", "pgvector"])


def test_compose():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert {name: service["profiles"] for name, service in services.items()} == {
        "cpu": ["cpu"],
        "gpu": ["gpu"],
        "postgresql": ["postgresql"],
    }
    arguments = {rest.split("=")[0] for rest in all_of("ARG")}
    for name in ("cpu", "gpu"):
        service = services[name]
        build = service["build"]
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        assert set(build["args"]) <= arguments
        assert service["volumes"] == ["data:/data"] and service["read_only"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert services["gpu"]["build"]["args"]["VARIANT"] == "cuda"
    (gpu,) = services["gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert gpu["capabilities"] == ["gpu"]
    assert "environment" not in str(services), "secrets are in the file beside it"


def test_the_example_of_an_environment_names_real_settings():
    lines = (DEPLOY / "triptych.env.example").read_text().splitlines()
    names = [line.lstrip("#").split("=")[0] for line in lines if "=" in line and line[1:2] != " "]
    ours = [name.removeprefix("TRIPTYCH_") for name in names if name.startswith("TRIPTYCH_")]
    assert ours
    assert {name.lower().split("__")[0] for name in ours} <= set(Settings.model_fields)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_the_systemd_unit_is_one(tmp_path):
    text = (DEPLOY / "triptych.service").read_text()
    (command,) = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
    unit = tmp_path / "triptych.service"
    unit.write_text(text.replace(command, sys.executable))  # verify wants it to be there
    ran = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
