"""Where plugins come from: built in, installed (entry points), or named by ``--plugin``."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import host
from host.hookspecs import PROJECT
from host.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BUILT_IN = "built in"


@dataclass(frozen=True)
class Source:
    """A module with hooks that has not been imported yet.

    load: imports it; raises whatever it raises.
    where: what ``--plugin`` named it by, "" for any other.
    """

    name: str
    origin: str
    version: str
    load: Callable[[], Any]
    where: str = ""


def sources(settings: Settings) -> Iterator[Source]:
    """All of them, built-in ones first. A folder that cannot be read is a source that fails."""
    import plugins

    for module in pkgutil.iter_modules(plugins.__path__, "plugins."):
        short = module.name.rpartition(".")[2]
        load = partial(importlib.import_module, module.name)
        yield Source(short, BUILT_IN, host.__version__, load)
    if settings.safe_mode:
        return
    given = [source for where in settings.plugin for source in named(where)]
    # One by one: pluggy's own loader lets a single bad entry point take all the others along.
    for entry in metadata.entry_points(group=PROJECT):
        # While it is written a plugin may be both installed and named: the named one is meant.
        if entry.name not in {source.name for source in given}:
            dist = entry.dist
            name, version = (dist.name, dist.version) if dist else (entry.value, "")
            yield Source(entry.name, f"installed ({name})", version, entry.load)
    yield from given


def named(where: str) -> Iterator[Source]:
    """The sources that ``--plugin where`` means."""
    path = path_of(where)
    origin = f"from {path.resolve().name if path.exists() else where}"
    if not (path / "pyproject.toml").is_file():
        yield Source(path.resolve().stem, origin, "", partial(_load, where), where)
        return
    try:
        declared = project_of(path)
        entries = dict(declared["entry-points"][PROJECT])
        if not entries:
            raise KeyError(PROJECT)
        version = str(declared.get("version", ""))
    except (OSError, ValueError, KeyError, TypeError) as error:
        table = f"project.entry-points.{PROJECT}"
        reason = f"{path / 'pyproject.toml'} names no plugin in [{table}] ({error!r})"
        yield Source(path.resolve().name, origin, "", partial(_refuse, reason), where)
        return
    for name, value in entries.items():
        load = partial(_load_entry, path.resolve(), str(value))
        yield Source(name, origin, version, load, where)


def project_of(folder: Path) -> dict[str, Any]:
    """What its pyproject.toml says of the distribution in ``folder``; nothing where it has none.

    Raises OSError, ValueError or KeyError for one that cannot be read.
    """
    file = folder / "pyproject.toml"
    return tomllib.loads(file.read_text("utf-8"))["project"] if file.is_file() else {}


def path_of(where: str) -> Path:
    """Where ``--plugin`` looks for a file or folder; it need not be there."""
    return Path(os.path.expanduser(where))  # noqa: PTH111  Path's raises for an unknown user


def is_path(where: str) -> bool:
    """Whether it is a file or folder that is meant, even if it is not there, and no module."""
    return os.sep in where or where.endswith(".py") or where.startswith(".")


def _refuse(reason: str) -> None:
    raise ImportError(reason)


def _load(where: str) -> Any:
    """Import a package folder, a .py file or a module name."""
    path = path_of(where)
    if not path.exists():
        if is_path(where):
            raise ImportError(f"there is no file or folder {where}")
        return importlib.import_module(where)
    path = path.resolve()
    if path.name == "__init__.py":
        path = path.parent
    if path.is_dir() and not (path / "__init__.py").exists():
        raise ImportError(f"{path} is a folder without an __init__.py or a pyproject.toml")
    return _import_from(path.parent, path.stem)


def _load_entry(folder: Path, value: str) -> Any:
    """Import what an entry point of a distribution's folder names: "module" or "module:object"."""
    module, _, attribute = value.partition(":")
    top = module.partition(".")[0]
    for root in (folder, folder / "src"):
        if (root / top).is_dir() or (root / f"{top}.py").is_file():
            loaded = _import_from(root, module)
            return getattr(loaded, attribute) if attribute else loaded
    raise ImportError(f"{folder} has no {top}, neither beside its pyproject.toml nor in src")


def _import_from(root: Path, name: str) -> Any:
    # Workers are given sys.path, so the backend is found there too.
    if str(root) not in sys.path:
        sys.path.append(str(root))
        importlib.invalidate_caches()
    module = importlib.import_module(name)
    if root not in Path(module.__file__ or "").resolve().parents:
        raise ImportError(
            f"{name} is already the name of {module.__file__}; "
            f"uninstall that, or rename {root / name}"
        )
    return module
