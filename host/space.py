"""The Spacefile as a Hugging Face Space: its card, and a folder that runs there.

The card's fields are those of https://huggingface.co/docs/hub/spaces-config-reference.
"""

from __future__ import annotations

import difflib
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

import host
import plugins
from host.settings import Settings
from host.shipped import shipped

REQUIRED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "app_file")
CARD = (
    *REQUIRED,
    *("sdk_version", "python_version", "suggested_hardware", "suggested_storage"),
    *("app_build_command", "app_port", "base_path", "fullWidth", "header", "short_description"),
    *("models", "datasets", "tags", "thumbnail", "pinned", "license", "preload_from_hub"),
    *("hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes", "hf_oauth_authorized_org"),
    *("disable_embedding", "startup_duration_timeout", "custom_headers"),
)
COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
DESCRIPTION = 60  # characters that a Space's page shows


class SpaceError(Exception):
    """A Spacefile or a folder that cannot become a Space; a sentence for each reason."""


def read(spacefile: Path) -> dict[str, Any]:
    """The Spacefile's keys. Raises SpaceError when there is none or it is no YAML mapping."""
    try:
        keys = yaml.safe_load(spacefile.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SpaceError(f"{spacefile} cannot be read: {error}") from error
    if not isinstance(keys, dict):
        raise SpaceError(f"{spacefile} is no YAML mapping.")
    return keys


def problems(keys: dict[str, Any]) -> list[str]:
    """What would keep a Space from being built as meant; a sentence each, [] when nothing."""
    known = [*CARD, *Settings.model_fields]
    found = []
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            found.append(
                f"{key} is no key of a Spacefile" + (f"; is it {near[0]}?" if near else ".")
            )
    if keys.get("operator_token"):
        found.append("operator_token could be read by everybody; make it a secret of the Space.")
    try:
        Settings(**{key: value for key, value in keys.items() if key in Settings.model_fields})
    except ValidationError as error:
        for item in error.errors():
            found.append(f"{'.'.join(map(str, item['loc']))} is wrong: {item['msg']}.")
    found += [f"{key} is missing." for key in REQUIRED if not keys.get(key)]
    for key in ("colorFrom", "colorTo"):
        if keys.get(key) and keys[key] not in COLOURS:
            found.append(f"{key} is {keys[key]!r}, which is none of {', '.join(COLOURS)}.")
    if len(str(keys.get("short_description", ""))) > DESCRIPTION:
        found.append(f"short_description is longer than {DESCRIPTION} characters.")
    if keys.get("sdk") not in (None, "gradio"):
        found.append(f"sdk is {keys['sdk']!r}; Triptych runs with gradio.")
    return found


def export(spacefile: Path, folder: Path) -> None:
    """Write everything a Space needs into ``folder``, which must be new or empty.

    Raises SpaceError for a Spacefile with problems or a folder that holds something.
    """
    keys = read(spacefile)
    if wrong := problems(keys):
        raise SpaceError("\n".join(wrong))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpaceError(f"{folder} is there already and not an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    leave_out = shutil.ignore_patterns("__pycache__", "shipped_files", "*.pyc")
    for package in (host, plugins):
        source = Path(package.__path__[0])
        shutil.copytree(source, folder / source.name, ignore=leave_out)
    shutil.copytree(shipped("assets"), folder / "assets")
    for name in ("app.py", "requirements.txt"):
        shutil.copy(shipped(name), folder / name)
    shutil.copy(spacefile, folder / "Spacefile")
    card = {key: keys[key] for key in CARD if key in keys}
    card.setdefault("sdk_version", metadata.version("gradio"))
    front = yaml.safe_dump(card, sort_keys=False, allow_unicode=True)
    (folder / "README.md").write_text(
        f"---\n{front}---\n\n# {keys['title']}\n\n{keys.get('short_description', '')}\n", "utf-8"
    )
