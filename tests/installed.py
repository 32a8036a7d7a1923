"""Triptych and plugins as their users have them: wheels in a virtual environment of their own."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from serving import ROOT, App

from host.cli import new

PROJECTS = (ROOT, ROOT / "examples" / "hello", ROOT / "examples" / "sketch")
TEXT_TO_IMAGE = ROOT / "examples" / "text-to-image"


@dataclass(frozen=True)
class Installed:
    """A virtual environment with Triptych and plugins."""

    folder: Path

    @property
    def python(self):
        return self.folder / "venv" / "bin" / "python"

    @property
    def wheels(self):
        return self.folder / "wheels"

    def run(self, *command, **how):
        """Run ``triptych COMMAND`` away from the checkout."""
        triptych = self.folder / "venv" / "bin" / "triptych"
        how = {"cwd": self.folder, "text": True, "capture_output": True, "timeout": 120, **how}
        return subprocess.run([triptych, *command], **how)

    def serve(self, folder, *flags, cwd=None, **environment):
        """The served app; stop it. folder: for its log and cache. cwd: left out, that."""
        triptych = self.folder / "venv" / "bin" / "triptych"
        app = App(folder, flags, environment, [triptych, "run"], cwd)
        app.wait_until_served()
        return app


def installed(cache):
    """Build it once for one state of the sources, also for test runs at the same time.

    cache: a folder that stays.
    """
    return Installed(_kept(cache / "small", PROJECTS[1:], _build))


def text_to_image(cache):
    """The same for Triptych and the text-to-image example.

    PyTorch, diffusers and the rest are those of this environment: to install them again would
    take minutes.

    The folder has a Spacefile that names a tiny model of random weights: serve from there.
    """
    return Installed(_kept(cache / "text_to_image", [TEXT_TO_IMAGE], _build_text_to_image))


def _kept(cache, projects, build):
    cache.mkdir(exist_ok=True)
    state = cache / _state(projects)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in cache.iterdir():
            if other.is_dir() and other != state:
                shutil.rmtree(other)
        if not (state / "ready").exists():
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir()
            build(state)
            (state / "ready").touch()
    return state


def pip(python, *arguments):
    """Run pip for the environment of ``python``; its own words are shown when it fails."""
    command = [sys.executable, "-m", "pip", "--python", str(python), *arguments]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def wheel(project, into):
    """Build the wheel of a project, by the hatchling of this environment."""
    flags = ("-q", "--no-deps", "--no-build-isolation")
    pip(sys.executable, "wheel", *flags, "-w", str(into), str(project))


def _build(folder):
    assert new.main(["my-plugin", "--into", str(folder / "projects")]) == 0
    _install(folder, [*PROJECTS, folder / "projects" / "my-plugin"])


def _build_text_to_image(folder):
    python = _install(folder, [ROOT, TEXT_TO_IMAGE], "--no-deps")
    here = sysconfig.get_path("purelib")
    (purelib,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (purelib / "borrowed.pth").write_text(here)  # after its own, which therefore win
    code = "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])"
    code += "; import triptych_text_to_image.torchvision_absent, tiny; tiny.model(Path('model'))"
    subprocess.run([python, "-c", code, TEXT_TO_IMAGE / "tests"], check=True, cwd=folder)
    options = f"{{default_model: '{folder / 'model'}', offline: true, max_side: 128}}"
    (folder / "Spacefile").write_text(f"plugins:\n  text_to_image:\n    options: {options}\n")


def _install(folder, projects, *flags):
    """A virtual environment with the wheels of these projects; its Python."""
    for project in projects:
        wheel(project, folder / "wheels")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    # By their files: on the index, other projects may have the names.
    wheels = map(str, (folder / "wheels").glob("*.whl"))
    flags = ("-q", "--no-compile", *flags)
    pip(python, "install", *flags, "--find-links", str(folder / "wheels"), *wheels)
    return python


def _state(projects):
    """What the wheels are made of, in one word."""
    digest = hashlib.sha256(sys.version.encode())
    parts = ["host", "plugins", "assets", "pyproject.toml", "README.md", "Spacefile", "app.py"]
    for part in (*parts, "requirements.txt", *projects):
        path = ROOT / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
