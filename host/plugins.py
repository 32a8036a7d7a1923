"""Finding plugins: built in, installed (entry points), or named by ``--plugin``.

Nothing a plugin does here can stop the host: what fails is kept, with its reason, and becomes
a tab that says so.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pluggy

import host
from host import hookspecs
from host.plugin import API_VERSION, Plugin
from host.settings import Settings

log = logging.getLogger("host.plugins")


class PluginError(Exception):
    """In strict mode: a plugin that cannot be used. Always: a name that no plugin has."""


@dataclass(frozen=True)
class Found:
    """A plugin that registered, or the place of one that could not.

    origin: "built in", "installed (DISTRIBUTION)" or "from FILE_OR_MODULE".
    plugin: None when it failed before it could register.
    error: why it cannot be used; "" when it can.
    """

    name: str
    title: str
    origin: str
    version: str = ""
    plugin: Plugin | None = None
    error: str = ""


@dataclass(frozen=True)
class _Source:
    name: str
    origin: str
    version: str
    load: Callable[[], ModuleType]


def discover(settings: Settings) -> list[Found]:
    """Every plugin, those named in the Spacefile first and in its order.

    Raises PluginError in strict mode for the first broken plugin, and always when ``only`` or
    ``disable`` name one that does not exist.
    """
    found: list[Found] = []
    for source in _sources(settings):
        for item in _register(source):
            if same := sum(item.name == other.name for other in found):
                taken = f"another plugin is already called {item.name}"
                name = f"{item.name} ({same + 1})"
                item = replace(item, name=name, title=name, plugin=None, error=taken)
            found.append(item)
    _refuse_unknown(settings, {item.name for item in found})
    chosen = [
        item
        for item in found
        if (not settings.only or item.name in settings.only) and item.name not in settings.disable
    ]
    for item in chosen:
        if item.error:
            log.error("plugin %s (%s): %s", item.name, item.origin, item.error)
            if settings.strict:
                raise PluginError(f"Plugin {item.name} ({item.origin}): {item.error}")
    order = {name: place for place, name in enumerate(settings.plugins)}
    return sorted(chosen, key=lambda item: order.get(item.name, len(order)))


def _refuse_unknown(settings: Settings, known: set[str]) -> None:
    for what, names in (("--only", settings.only), ("--disable", settings.disable)):
        for name in names:
            if name not in known:
                raise PluginError(
                    f"{what} names {name!r}; the plugins here are: {', '.join(sorted(known))}."
                )
    for name in settings.plugins.keys() - known:
        log.warning("settings for a plugin %r that is not here; ignored", name)


def _sources(settings: Settings) -> Iterator[_Source]:
    import plugins

    for module in pkgutil.iter_modules(plugins.__path__, "plugins."):
        short = module.name.rpartition(".")[2]
        yield _Source(
            short, "built in", host.__version__, partial(importlib.import_module, module.name)
        )
    if settings.safe_mode:
        return
    # One by one: pluggy's own loader lets a single bad entry point take all the others along.
    for entry in metadata.entry_points(group=hookspecs.PROJECT):
        dist = entry.dist
        name, version = (dist.name, dist.version) if dist else (entry.value, "")
        yield _Source(entry.name, f"installed ({name})", version, entry.load)
    for where in settings.plugin:
        yield _Source(Path(where).stem, f"from {Path(where).name}", "", partial(_load, where))


def _load(where: str) -> ModuleType:
    """Import a package folder, a .py file or a module name."""
    path = Path(where).expanduser()
    if not path.exists():
        return importlib.import_module(where)
    path = path.resolve()
    if path.is_dir() and not (path / "__init__.py").exists():
        raise ImportError(f"{path} is a folder without an __init__.py")
    # Workers are given sys.path, so the backend is found there too.
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    module = importlib.import_module(path.stem)
    if Path(module.__file__ or "").resolve() not in (path, path / "__init__.py"):
        raise ImportError(f"{path.stem} is already the name of {module.__file__}; rename {path}")
    return module


def _register(source: _Source) -> list[Found]:
    failed = Found(source.name, source.name, source.origin, source.version)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    registered: list[Plugin] = []
    try:
        module = source.load()
        manager.register(module)
        manager.check_pending()
        manager.hook.register_plugins(register=registered.append)
    # A plugin may do anything when imported, sys.exit() included.
    except (Exception, SystemExit) as error:
        log.debug("plugin %s", source.name, exc_info=True)
        return [replace(failed, error=f"{type(error).__name__}: {error}")]
    if not registered:
        return [replace(failed, error="it registers no plugin (see the register_plugins hook)")]
    return [_accept(plugin, source) for plugin in registered]


def _accept(plugin: Plugin, source: _Source) -> Found:
    error = ""
    if not isinstance(plugin, Plugin):
        return Found(
            source.name,
            source.name,
            source.origin,
            source.version,
            error=f"it registered a {type(plugin).__name__}, not a Plugin",
        )
    if plugin.api_version != API_VERSION:
        error = (
            f"it was written for version {plugin.api_version} of the plugin API; "
            f"this Triptych has version {API_VERSION}"
        )
    version = plugin.version or source.version
    return Found(plugin.name, plugin.title, source.origin, version, plugin, error)
