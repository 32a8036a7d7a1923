"""Finding the plugin that is to be checked, and no other."""

from __future__ import annotations

import importlib.util

from host.plugins import Found, register
from host.settings import Settings
from host.sources import Source, is_path, path_of, sources
from host.testing.report import UnknownPlugin


def find(target: str) -> tuple[Settings, list[Found]]:
    """What a name, a path or a module registers, and the settings that lead to it.

    Only its own source is imported, unless it is the name of a plugin whose source is called
    otherwise. Raises UnknownPlugin when nothing is called so.
    """
    settings = Settings()
    known = list(sources(settings))
    named = [source for source in known if source.name == target]
    if not named and (named := _elsewhere(target)):
        settings = Settings(plugin=[target])
    if named:
        return settings, [item for source in named for item in register(source, settings)]
    found = [item for source in known for item in register(source, settings)]
    if same := [item for item in found if item.name == target]:
        return settings, same
    names = ", ".join(sorted({item.name for item in found}))
    raise UnknownPlugin(
        f"There is no plugin {target!r}, and no file or module of that name; the plugins here "
        f"are: {names}."
    )


def _elsewhere(target: str) -> list[Source]:
    """Its sources if it is a path or a module. Raises UnknownPlugin for a path to nothing."""
    path = path_of(target)
    if not path.exists():
        if is_path(target):
            raise UnknownPlugin(f"There is no file or folder {target}.")
        try:
            if importlib.util.find_spec(target) is None:
                return []
        except (ImportError, ValueError):
            return []
    found = sources(Settings(plugin=[target]))
    return [source for source in found if source.where]
