"""A folder that is a Space: ``pip install -r requirements.txt && python app.py``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

import host
import plugins
from host.settings import Settings
from host.shipped import shipped
from host.sources import is_path
from host.space import others, requirements
from host.space.card import CARD, SpaceError, read
from host.space.check import problems

# testing, templates: for those who write plugins
_LEFT_OUT = ("__pycache__", "shipped_files", "*.pyc", "testing", "templates")


def export(spacefile: Path, folder: Path, torch_index: str | None = None) -> None:
    """Write everything a Space needs into ``folder``, which must be new or empty.

    torch_index: as :func:`host.space.requirements.text` takes it.
    Raises SpaceError for a Spacefile with problems or a folder that holds something.
    """
    keys = read(spacefile)
    wrong = problems(keys)
    given = list(_given(keys, spacefile.parent, wrong))
    if wrong:
        raise SpaceError("\n".join(wrong))
    settings = _settings(keys)
    dists = others.installed(settings, given)
    needed = requirements.text(settings, others.required(dists, given), torch_index)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpaceError(f"{folder} is there already and not an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    leave_out = shutil.ignore_patterns(*_LEFT_OUT)
    for package in (host, plugins):
        source = Path(package.__path__[0])
        shutil.copytree(source, folder / source.name, ignore=leave_out)
    shutil.copytree(shipped("assets"), folder / "assets", ignore=leave_out)
    for path in given:
        _copy(path, folder / path.relative_to(spacefile.parent.resolve()))
    for dist in dists:
        others.copy(dist, folder)
    shutil.copy(shipped("app.py"), folder / "app.py")
    shutil.copy(spacefile, folder / "Spacefile")
    (folder / "requirements.txt").write_text(needed, "utf-8")
    (folder / "README.md").write_text(_readme(keys), "utf-8")


def _settings(keys: dict[str, Any]) -> Settings:
    """With what the environment adds, since it holds what becomes a secret of the Space."""
    return Settings(**{key: keys[key] for key in Settings.model_fields if key in keys})


def _given(keys: dict[str, Any], root: Path, wrong: list[str]) -> Iterator[Path]:
    """The files and folders of the plugins that ``plugin`` names; modules are installed ones.

    Adds a sentence to ``wrong`` for each that a Space would not have.
    """
    names = keys.get("plugin") or []
    for name in names.split(",") if isinstance(names, str) else names:
        path = (root / str(name).strip()).resolve()
        if path.exists() and root.resolve() in path.parents:
            yield path
        elif path.exists() or is_path(str(name)):
            wrong.append(f"plugin names {name}, which is not in the Spacefile's folder.")


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        leave_out = shutil.ignore_patterns("__pycache__", ".*", "tests", "dist", "build")
        shutil.copytree(path, to, ignore=leave_out)
    else:
        shutil.copy(path, to)


def _readme(keys: dict[str, Any]) -> str:
    """The Space's card. Without a ``sdk_version`` it gets the Gradio that runs here."""
    card = {key: keys[key] for key in CARD if key in keys}
    card.setdefault("sdk_version", metadata.version("gradio"))
    front = yaml.safe_dump(card, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n# {keys['title']}\n\n{keys.get('short_description', '')}\n"
