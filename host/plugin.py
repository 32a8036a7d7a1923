"""What a plugin says about itself, and what its backend is given."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host.devices import Device

if TYPE_CHECKING:
    from pydantic import BaseModel  # a worker with an interpreter of its own lacks it

    from host.weights import WeightsStore

API_VERSION = 1
"""Version of this plugin API. It grows when a plugin written for the last one would break."""

FRAMEWORKS = ("tensorflow", "torch", "jax")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_COMMAND = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DOTTED = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class UserError(Exception):
    """A mistake of the visitor, told in one clear sentence.

    Raise it in a tab or in a backend: the sentence is shown as it stands. Any other exception
    is logged in full and shown only as "something went wrong" with the call's id.
    """


def owner_of(event: str, plugins: Collection[str]) -> str:
    """The plugin that an event's name belongs to, by its prefix; "" for none."""
    return max((name for name in plugins if event.startswith(f"{name}_")), key=len, default="")


@dataclass(frozen=True)
class Plugin:
    """One tab and one backend.

    ``tab`` and ``backend`` are ``"module:name"`` strings, so that finding a plugin imports
    neither Gradio components nor a framework.

    name: lower-case identifier; prefixes the plugin's API events (``face_verify``).
    title: the tab's label.
    tab: ``build(backend)`` writes Gradio components inside an open tab (web process).
    backend: a class taking a :class:`Context` (worker process); None for a plugin without one.
    framework: "tensorflow", "torch", "jax" or None; decides the worker's environment.
    description: a sentence or two for the Start and Plugins tabs: what a visitor can do here.
    cover: a picture for the Start tab, 3 to 2, that shows what comes out; a file of the plugin's.
    api_version: the :data:`API_VERSION` this plugin was written for.
    version: shown in the Plugins tab; left out, the distribution's or Triptych's own version.
    requires: modules it needs that may not be installed ("tensorflow"); without one of them it is
        listed as not installed instead of failing. Not looked at with its own ``interpreter``.

    Raises ValueError for a malformed name, framework or ``module:name``.
    """

    name: str
    title: str
    tab: str
    backend: str | None = None
    framework: str | None = None
    description: str = ""
    cover: Path | None = None
    api_version: int = API_VERSION
    version: str | None = None
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"plugin name {self.name!r}: use lower-case letters, digits and _, at most 32"
            )
        for what, value in (("tab", self.tab), ("backend", self.backend)):
            if value is not None and not _DOTTED.fullmatch(value):
                raise ValueError(f"plugin {self.name}: {what} is {value!r}, not 'module:name'")
        for what, kind in (
            *(("title", str), ("description", str), ("cover", Path | None), ("api_version", int)),
            *(("version", str | None), ("requires", tuple | list)),
        ):
            if not isinstance(given := getattr(self, what), kind):
                raise ValueError(f"plugin {self.name}: {what} is {given!r}, of the wrong kind")
        if self.framework not in (None, *FRAMEWORKS):
            raise ValueError(
                f"plugin {self.name}: framework {self.framework!r} is none of "
                f"{', '.join(FRAMEWORKS)} or None"
            )


@dataclass(frozen=True)
class Command:
    """A command of a plugin: ``triptych PLUGIN NAME ...``.

    main: ``"module:function"``; the function takes the arguments after the name, a list of
        strings, and returns an exit status. Its module is imported when the command is used.
    help: one line for ``triptych plugins``.

    Raises ValueError for a malformed name or ``module:function``.
    """

    plugin: str
    name: str
    main: str
    help: str = ""

    def __post_init__(self) -> None:
        if not _COMMAND.fullmatch(self.name):
            raise ValueError(f"command name {self.name!r}: use lower-case letters, digits and -")
        if not _DOTTED.fullmatch(self.main):
            raise ValueError(f"command {self.name}: main is {self.main!r}, not 'module:function'")


@dataclass(frozen=True)
class SettingsSection:
    """What a plugin's ``options`` may hold.

    model: a pydantic ``BaseModel`` whose fields have defaults and descriptions.
    """

    plugin: str
    model: type[BaseModel]


@dataclass(frozen=True)
class Context:
    """What the host hands to a backend's constructor.

    plugin: the plugin's name.
    device: the device this worker may use; see :class:`Device` for its framework names.
    weights: finds, verifies and downloads published weight files.
    cache_dir: a writable folder of this plugin's own, kept between runs.
    settings: the plugin's own ``options`` from the Spacefile or environment.
    """

    plugin: str
    device: Device
    weights: WeightsStore
    cache_dir: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
