"""Names of new plugins: what follows from one, and which are taken."""

from __future__ import annotations

import keyword
import pkgutil
import re
import sys
from importlib import metadata, util

from host import hookspecs
from host.cli import COMMANDS
from host.plugin import FRAMEWORKS

LONGEST = 32
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
# Folders beside the package in its distribution, which its .gitignore or pytest would take for
# something else; and the app itself.
_OWN = {"tests", "build", "dist", "triptych"}


def words(name: str) -> str:
    """ "my plugin" of "my-plugin"."""
    return re.sub("[-_]", " ", name)


def package(name: str) -> str:
    """Its import package, which is also the plugin's name: "my_plugin" of "my-plugin"."""
    return name.replace("-", "_")


def title(name: str) -> str:
    """ "My plugin" of "my-plugin"."""
    return words(name).capitalize()


def problem(name: str) -> str:
    """Why no new plugin can have this name, with a suggestion; "" if one can."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        return (
            f"{name!r} is no name for a plugin: use lower-case letters and digits with - between "
            f"the words, at most {LONGEST} characters, such as {_suggestion(name)}."
        )
    if reason := _taken(name):
        return f"{name} {reason}; take another name, such as {_suggestion(name)}."
    return ""


def _suggestion(name: str) -> str:
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
    plain = plain[: LONGEST - len("-plugin")].strip("-") or "my-plugin"
    valid = plain if plain != name and not _taken(plain) else f"{plain}-plugin"
    return valid if not _taken(valid) else "my-plugin"


def _taken(name: str) -> str:
    module = package(name)
    if keyword.iskeyword(module):
        return "is a word of Python"
    if module in sys.stdlib_module_names:
        return "is a module of Python"
    if module in COMMANDS:
        return f"is a command (triptych {module})"
    if module in _OWN or module in FRAMEWORKS:
        return "means something else here"
    if module in _plugins():
        return "is already the name of a plugin"
    if _importable(module):
        return "is already the name of an installed module"
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ""
    return "is already the name of an installed distribution"


def _plugins() -> set[str]:
    import plugins

    built_in = {module.name for module in pkgutil.iter_modules(plugins.__path__)}
    return built_in | {entry.name for entry in metadata.entry_points(group=hookspecs.PROJECT)}


def _importable(module: str) -> bool:
    spec = util.find_spec(module)
    # Any folder is a "namespace package" where Python also looks in the current folder.
    return spec is not None and spec.origin is not None
