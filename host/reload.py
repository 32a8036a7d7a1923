"""Live development: notice that files of a plugin changed, and find the plugin anew."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from host import hooks, sources
from host.devices import DeviceError
from host.host import Host, Loaded
from host.own_code import inside, skipped
from host.plugins import Found, PluginError, register
from host.settings import Settings

log = logging.getLogger("host.reload")

_POLL = 0.5  # seconds between looks at the files
_SETTLED = 0.2  # seconds without a change: editors write a file in several steps
_WATCHED = {".py", ".toml", ".yaml", ".yml", ".css", ".js", ".html"}
_SETTLES = 20  # looks after which a file that is written on and on is loaded as it is


@dataclass(frozen=True)
class Version:
    """Of a file. One that is written again with the same content has not changed."""

    stat: tuple[int, int] = field(compare=False)
    content: int


def _version(path: Path, before: Version | None) -> Version:
    stat = path.stat()
    now = (stat.st_mtime_ns, stat.st_size)
    if before is not None and before.stat == now:
        return before
    return Version(now, zlib.crc32(path.read_bytes()))


@dataclass(frozen=True)
class Place:
    """What one ``--plugin`` names, and the files that belong to it.

    folder: where its code lies; None when it is a module that is not there.
    file: the module when it is a single one; the folder's other modules are its helpers then,
        except those that another ``--plugin`` names.
    """

    where: str
    origin: str
    folder: Path | None
    file: Path | None = None
    others: frozenset[Path] = frozenset()

    @property
    def there(self) -> bool:
        return (self.file or self.folder or Path()).exists()

    def owns(self, path: Path) -> bool:
        """Whether a change of that file is a change of the plugin."""
        if self.folder is None or path.suffix not in _WATCHED:
            return False
        if self.file is None:
            return inside(path, self.folder)
        if path == self.file or self.folder.name in ("site-packages", "dist-packages"):
            return path == self.file
        return path.parent == self.folder and path not in self.others

    def files(self, known: Mapping[Path, Version] | None = None) -> dict[Path, Version]:
        """Its files and what is in them.

        known: an earlier answer; what has its time and size since then is not read again.
        """
        known = known or {}
        found: dict[Path, Version] = {}
        for folder, subfolders, names in os.walk(self.folder or ""):
            if "pyvenv.cfg" in names:
                names = []
                subfolders.clear()
            subfolders[:] = [name for name in subfolders if self.file is None and not skipped(name)]
            for path in (Path(folder, name) for name in names):
                if self.owns(path) and not path.name.startswith("."):
                    with contextlib.suppress(OSError):  # it is gone already
                        found[path] = _version(path, known.get(path))
        return found


def places(settings: Settings) -> list[Place]:
    """One for each ``--plugin``."""
    named = [_place(where) for where in settings.plugin]
    files = {each.file for each in named if each.file is not None}
    return [
        replace(each, others=frozenset(files - {each.file})) if each.file else each
        for each in named
    ]


def _place(where: str) -> Place:
    origin = next(sources.named(where)).origin
    path = sources.path_of(where).resolve()
    if not path.exists() and not sources.is_path(where):
        spec = None
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(where.partition(".")[0])
        if spec is None or not spec.has_location or spec.origin is None:
            return Place(where, origin, None)
        path = Path(spec.origin).resolve()
        path = path.parent if spec.submodule_search_locations else path
    if path.suffix == ".py":
        return Place(where, origin, path.parent, path)
    return Place(where, origin, path)


class Watch:
    """Looks at the files of all places, from when it is made."""

    def __init__(self, watched: Sequence[Place]) -> None:
        self._seen = {place: place.files() for place in watched}

    def place_of(self, found: Found) -> Place | None:
        """Where a plugin was found; None when no ``--plugin`` names it."""
        return next((place for place in self._seen if place.where == found.where), None)

    def start(self, changed: Callable[[Place], None]) -> None:
        """Call ``changed`` from a thread of its own whenever a place's files have changed."""
        threading.Thread(target=self._run, args=(changed,), name="reload", daemon=True).start()

    def _run(self, changed: Callable[[Place], None]) -> None:
        while True:
            time.sleep(_POLL)
            for place, seen in self._seen.items():
                now = place.files(seen)
                if now == seen:
                    self._seen[place] = now
                    continue
                before = None
                for _ in range(_SETTLES):
                    time.sleep(_SETTLED)
                    before, now = now, place.files(now)
                    if now == before:
                        break
                self._seen[place] = now
                try:
                    changed(place)
                except Exception:
                    log.exception("%s could not be loaded anew", place.where)


def find_anew(place: Place, settings: Settings) -> list[Found]:
    """What the files of a place register now. They are imported anew."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and place.owns(Path(file).resolve()):
            del sys.modules[name]
    for path in place.files():
        # Python takes a compiled file for current when the source has its second and its size.
        if path.suffix == ".py":
            Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)
    importlib.invalidate_caches()
    if not place.there and place.folder is not None:
        stem = Path(place.where).stem
        return [Found(stem, stem, place.origin, error=f"{place.where} is not there any more")]
    return [item for source in sources.named(place.where) for item in register(source, settings)]


def put(host: Host, position: int, found: Found) -> Loaded:
    """Replace the plugin at a position of ``host.plugins``; only its own workers end.

    Calls that they run fail with a sentence.
    """
    old = host.plugins[position]
    hooks.shutdown(old.found, old.backend)
    for executor in old.executors:
        executor.stop(replaced=True)
    others = {each.found.name for each in host.plugins if each is not old}
    if found.name in others:
        found = replace(found, plugin=None, error=f"another plugin is already called {found.name}")
    try:
        new = host.load(found)
    except (PluginError, DeviceError) as error:
        new = Loaded(replace(found, error=str(error)))
    host.plugins[position] = new
    for executor in new.executors:
        executor.warm_up()
    return new
