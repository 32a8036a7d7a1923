"""Triptych and plugins as their users have them: wheels in a virtual environment of their own."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from serving import ROOT, App

from host.cli import new

PROJECTS = (ROOT, ROOT / "examples" / "hello", ROOT / "examples" / "sketch")


@dataclass(frozen=True)
class Installed:
    """A virtual environment with Triptych's core, the small examples and a generated plugin."""

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

    def serve(self, folder, *flags, **environment):
        """The served app; stop it."""
        triptych = self.folder / "venv" / "bin" / "triptych"
        app = App(folder, flags, environment, [triptych, "run"])
        app.wait_until_served()
        return app


def installed(cache):
    """Build it once for one state of the sources, also for test runs at the same time.

    cache: a folder that stays.
    """
    state = cache / _state()
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in cache.iterdir():
            if other.is_dir() and other != state:
                shutil.rmtree(other)
        if not (state / "ready").exists():
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir()
            _build(state)
            (state / "ready").touch()
    return Installed(state)


def pip(python, *arguments):
    """Run pip for the environment of ``python``; its own words are shown when it fails."""
    command = [sys.executable, "-m", "pip", "--python", str(python), *arguments]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def wheel(project, into):
    """Build the wheel of a project."""
    pip(sys.executable, "wheel", "-q", "--no-deps", "-w", str(into), str(project))


def _build(folder):
    assert new.main(["my-plugin", "--into", str(folder / "projects")]) == 0
    wheels = folder / "wheels"
    for project in (*PROJECTS, folder / "projects" / "my-plugin"):
        wheel(project, wheels)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    # By their files: on the index, other projects may have the names.
    pip(
        folder / "venv" / "bin" / "python",
        *("install", "-q", "--find-links", str(wheels), *map(str, wheels.glob("*.whl"))),
    )


def _state():
    """What the wheels are made of, in one word."""
    digest = hashlib.sha256(sys.version.encode())
    parts = ["host", "plugins", "assets", "pyproject.toml", "README.md", "Spacefile", "app.py"]
    for part in (*parts, "requirements.txt", "examples/hello", "examples/sketch"):
        path = ROOT / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
