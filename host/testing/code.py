"""Where a plugin's own code lies, so that a check can name its lines."""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from host.own_code import inside
from host.plugin import Plugin

_LINE = re.compile(r'File "(.+?)", line (\d+)')


class Code:
    """The folders or files of one plugin."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = {root.resolve() for root in roots}

    def innermost(self, frames: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
        """The first of these (file, line) pairs that is the plugin's, innermost first."""
        return next(((file, line) for file, line in frames if self.owns(file)), None)

    def owns(self, file: str) -> bool:
        if file.startswith("<"):  # "<frozen importlib._bootstrap>" is no file of this folder
            return False
        path = Path(file).resolve()
        return any(path == root or inside(path, root) for root in self.roots)

    def last_line(self, trace: str) -> str:
        """ "FILE:LINE" of the plugin's innermost frame in a traceback's text; "" without one."""
        frames = [(file, int(line)) for file, line in _LINE.findall(trace)]
        place = self.innermost(frames[::-1])
        return f"{short(place[0])}:{place[1]}" if place else ""


def of_plugin(plugin: Plugin, extra: Iterable[Path] = ()) -> Code:
    """The code that a plugin's ``tab`` and ``backend`` name, and what is in ``extra``."""
    roots = list(extra)
    for dotted in filter(None, (plugin.tab, plugin.backend)):
        parts = dotted.partition(":")[0].split(".")
        # The built-in plugins share one parent package.
        top = ".".join(parts[: 2 if parts[0] == "plugins" else 1])
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(top)
            if spec is not None:
                roots += map(Path, spec.submodule_search_locations or [spec.origin or ""])
    return Code(roots)


def short(file: str) -> str:
    """A path as a person would write it from here."""
    path = Path(file)
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
