"""Plugins by others in a Space. Triptych itself is copied there and not installed, so they are too:
pip would look for the Triptych that they need."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from host.hookspecs import PROJECT
from host.settings import Settings
from host.sources import named, project_of
from host.space.card import SpaceError

_LEFT_OUT = {"direct_url.json", "RECORD"}  # paths of the machine where it was installed


def installed(settings: Settings, folders: Iterable[Path]) -> list[Distribution]:
    """The distributions of the installed plugins that this deployment loads.

    folders: those of plugins that the Spacefile names, which win over installed ones.
    Raises SpaceError for one that cannot be copied.
    """
    if settings.safe_mode:
        return []
    here = {source.name for folder in folders for source in named(str(folder))}
    found = {
        entry.dist.name: entry.dist
        for entry in metadata.entry_points(group=PROJECT)
        if entry.dist and settings.wants(entry.name) and entry.name not in here
    }
    for dist in found.values():
        origin = json.loads(dist.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            raise SpaceError(
                f"{dist.name} is installed with pip's -e, so there is nothing to copy: install it "
                "without, or put its folder beside the Spacefile and name that as a plugin."
            )
    return [found[name] for name in sorted(found)]


def copy(dist: Distribution, folder: Path) -> None:
    """What was installed of it, into ``folder``, where Python finds its entry points again."""
    for file in dist.files or ():
        if ".." in file.parts or "__pycache__" in file.parts or file.name in _LEFT_OUT:
            continue
        to = folder / file
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(file.locate()), to)


def required(dists: Iterable[Distribution], folders: Iterable[Path]) -> list[str]:
    """What those plugins need besides Triptych, as lines of a requirements.txt.

    Raises SpaceError for a pyproject.toml that cannot be read.
    """
    needed = {line for dist in dists for line in _needed(dist.requires or ())}
    for folder in folders:
        try:
            needed.update(_needed(project_of(folder).get("dependencies", ())))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SpaceError(f"{folder / 'pyproject.toml'} cannot be read: {error!r}") from error
    return sorted(needed)


def _needed(lines: object) -> Iterator[str]:
    if not isinstance(lines, list | tuple):
        raise TypeError("its dependencies are no list")
    for line in lines:
        requirement = Requirement(line)
        optional = "extra" in str(requirement.marker or "")
        if canonicalize_name(requirement.name) != PROJECT and not optional:
            yield line
