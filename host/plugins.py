"""Which plugins there are, and whether each can be used.

Nothing a plugin does here can stop the host: what fails is kept, with its reason, and becomes
a tab that says so.
"""

from __future__ import annotations

import difflib
import importlib.util
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pluggy
from pydantic import BaseModel, ValidationError

from host import hookspecs
from host.deadline import TooLate, within
from host.plugin import API_VERSION, Command, Plugin, SettingsSection
from host.settings import Settings
from host.sources import BUILT_IN, Source, sources
from host.weights import WeightFile

log = logging.getLogger("host.plugins")


class PluginError(Exception):
    """In strict mode: a plugin that cannot be used. Always: a name that no plugin has."""


@dataclass(frozen=True)
class Found:
    """A plugin that registered, or the place of one that could not.

    origin: "built in", "installed (DISTRIBUTION)" or "from FILE_OR_MODULE".
    plugin: None when it failed before it could register.
    error: why it cannot be used; "" when it can.
    missing: what has to be installed first; "" when nothing is.
    cause: the exception behind ``error``, for its author.
    options: what its backend and tab get as settings, checked where it registered how.
    """

    name: str
    title: str
    origin: str
    version: str = ""
    plugin: Plugin | None = None
    error: str = ""
    missing: str = ""
    cause: BaseException | None = None
    options: dict[str, Any] = field(default_factory=dict)
    section: SettingsSection | None = None
    commands: tuple[Command, ...] = ()
    weights: tuple[WeightFile, ...] = ()
    css: tuple[Path, ...] = ()
    hooks: pluggy.PluginManager | None = None
    where: str = ""

    @property
    def usable(self) -> bool:
        return not (self.error or self.missing)


def discover(settings: Settings) -> list[Found]:
    """Every plugin, those named in the Spacefile first and in its order.

    Raises PluginError in strict mode for the first broken plugin, and always when ``only`` or
    ``disable`` name one that does not exist.
    """
    sourced = [
        (source, item) for source in sources(settings) for item in register(source, settings)
    ]
    # A name belongs to ours, then to whoever's entry point has it, then to whoever comes first.
    sourced.sort(key=lambda each: (each[0].origin != BUILT_IN, each[0].name != each[1].name))
    found: list[Found] = []
    for _, item in sourced:
        if same := sum(item.name == other.name for other in found):
            taken = f"another plugin is already called {item.name}"
            name = f"{item.name} ({same + 1})"
            item = replace(item, name=name, title=name, plugin=None, error=taken)
        found.append(item)
    _refuse_unknown(settings, {item.name for item in found})
    chosen = [item for item in found if settings.wants(item.name)]
    for item in chosen:
        tell(item, settings)
    order = {name: place for place, name in enumerate(settings.plugins)}
    return sorted(chosen, key=lambda item: order.get(item.name, len(order)))


def tell(item: Found, settings: Settings) -> None:
    """Log why a plugin cannot be used. Raises PluginError where the settings ask for it."""
    if item.error:
        log.error("plugin %s (%s): %s", item.name, item.origin, item.error)
        if settings.strict:
            raise PluginError(f"Plugin {item.name} ({item.origin}): {item.error}")
    elif item.missing:
        log.warning("plugin %s (%s): %s", item.name, item.origin, item.missing)
        if item.name in settings.only:
            raise PluginError(f"Plugin {item.name}: {item.missing}")


def _refuse_unknown(settings: Settings, known: set[str]) -> None:
    for what, names in (("--only", settings.only), ("--disable", settings.disable)):
        for name in names:
            if name not in known:
                raise PluginError(
                    f"{what} names {name!r}; the plugins here are: {', '.join(sorted(known))}."
                )
    for name in settings.plugins.keys() - known:
        log.warning("settings for a plugin %r that is not here; ignored", name)


@dataclass
class _Registered:
    """What one module's hooks registered."""

    plugins: list[Plugin] = field(default_factory=list)
    sections: list[SettingsSection] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    weights: list[WeightFile] = field(default_factory=list)
    css: list[Path] = field(default_factory=list)


def register(source: Source, settings: Settings) -> list[Found]:
    """Load one source and take what it registers: at least one Found, broken or not."""
    failed = Found(source.name, source.name, source.origin, source.version, where=source.where)
    # A manager for each: pluggy would call all modules' hooks at once, and one that raises would
    # take the others along.
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        registered = within(settings.load_limit, _call_hooks, manager, source)
        _check(registered)
    except TooLate:
        seconds = f"{settings.load_limit:g}"
        return [replace(failed, error=f"it was not imported within {seconds} s")]
    # A plugin may do anything when imported, sys.exit() included.
    except (Exception, SystemExit) as error:
        log.debug("plugin %s", source.name, exc_info=True)
        return [replace(failed, error=f"{type(error).__name__}: {error}", cause=error)]
    failed = replace(failed, hooks=manager, weights=tuple(registered.weights))
    failed = replace(failed, css=tuple(registered.css))
    if not registered.plugins:
        return [replace(failed, error="it registers no plugin (see the register_plugins hook)")]
    return [_accept(plugin, registered, failed, settings) for plugin in registered.plugins]


def _accept(plugin: Plugin, registered: _Registered, place: Found, settings: Settings) -> Found:
    if not isinstance(plugin, Plugin):
        return replace(place, error=f"it registered a {type(plugin).__name__}, not a Plugin")
    try:
        return _judge(plugin, registered, place, settings)
    except Exception as error:  # a validator of its options, say
        log.debug("plugin %s", plugin.name, exc_info=True)
        told = f"{type(error).__name__}: {error}"
        return replace(place, name=plugin.name, title=plugin.title, error=told, cause=error)


def _call_hooks(manager: pluggy.PluginManager, source: Source) -> _Registered:
    registered = _Registered()
    manager.register(source.load())
    hook = manager.hook
    hook.register_plugins(register=registered.plugins.append)
    if any(getattr(each, "api_version", API_VERSION) != API_VERSION for each in registered.plugins):
        return registered  # its other hooks may be those of that version
    manager.check_pending()
    hook.register_settings(register=registered.sections.append)
    hook.register_commands(register=registered.commands.append)
    hook.register_weights(register=registered.weights.append)
    hook.register_css(register=lambda path: registered.css.append(Path(path)))
    return registered


def _check(registered: _Registered) -> None:
    """Raises ValueError for what is of another kind, belongs to nobody, or is not there."""
    kinds: list[tuple[Sequence[object], type]] = [
        (registered.sections, SettingsSection),
        (registered.commands, Command),
        (registered.weights, WeightFile),
    ]
    for items, due in kinds:
        for item in items:
            if not isinstance(item, due):
                raise ValueError(f"it registers {item!r} where a {due.__name__} is due")
    for section in registered.sections:
        if not (isinstance(section.model, type) and issubclass(section.model, BaseModel)):
            raise ValueError(f"its settings {section.model!r} are no pydantic BaseModel class")
    names = {plugin.name for plugin in registered.plugins if isinstance(plugin, Plugin)}
    belongings: list[SettingsSection | Command] = [*registered.sections, *registered.commands]
    for what in belongings:
        if what.plugin not in names:
            kind = "a command" if isinstance(what, Command) else "settings"
            raise ValueError(f"it registers {kind} for the plugin {what.plugin}, which is not its")
    if len({(each.plugin, each.name) for each in registered.commands}) < len(registered.commands):
        raise ValueError("it registers a command twice")
    for path in registered.css:
        if not path.is_file():
            raise ValueError(f"it registers the style sheet {path}, which is not there")
        path.read_text("utf-8")  # raises ValueError for another encoding


def _judge(plugin: Plugin, registered: _Registered, place: Found, settings: Settings) -> Found:
    own = settings.for_plugin(plugin.name)
    found = replace(
        place,
        name=plugin.name,
        title=plugin.title,
        plugin=plugin,
        version=plugin.version or place.version,
        options=own.options,
        commands=tuple(each for each in registered.commands if each.plugin == plugin.name),
    )
    if plugin.api_version != API_VERSION:
        return replace(found, error=_other_version(plugin.api_version))
    if own.interpreter is None and (absent := _absent(plugin.requires)):
        return replace(found, missing=_install(found, absent))
    for section in registered.sections:
        if section.plugin == plugin.name:
            if wrong := _unknown_options(section, own.options):
                return replace(found, section=section, error=wrong)
            try:
                options = section.model.model_validate(own.options).model_dump()
            except ValidationError as error:
                return replace(found, section=section, error=_wrong_options(error))
            found = replace(found, section=section, options=options)
    return found


def _other_version(version: object) -> str:
    text = (
        f"it was written for version {version} of the plugin API; "
        f"this Triptych has version {API_VERSION}. "
    )
    if isinstance(version, int) and version > API_VERSION:
        return text + "Update Triptych."
    return text + "Ask its author for an update, or use an older Triptych."


def _absent(modules: Iterable[str]) -> list[str]:
    return [module for module in modules if not _is_there(module)]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # to look for "absent.part", "absent" is imported
        return False


def _install(found: Found, absent: list[str]) -> str:
    what = " and ".join([", ".join(absent[:-1]), absent[-1]] if absent[1:] else absent)
    built_in = found.origin == BUILT_IN
    verb = "are" if absent[1:] else "is"
    name = f"triptych[{found.name}]"
    how = f': pip install "{name}", or ".[{found.name}]" in a checkout' if built_in else "."
    return f"{what} {verb} not installed{how}"


def _unknown_options(section: SettingsSection, options: Mapping[str, Any]) -> str:
    """A sentence, or "". pydantic would let them pass unless a model forbids them."""
    known = sorted(section.model.model_fields)
    sentences = []
    for name in options:
        if name not in known and section.model.model_config.get("extra") != "allow":
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            sentences.append(f"the option {name} is unknown; {hint}")
    return "; ".join(sentences)


def _wrong_options(error: ValidationError) -> str:
    return "; ".join(
        f"the option {'.'.join(map(str, item['loc']))} is wrong: {item['msg']}"
        for item in error.errors()
    )
