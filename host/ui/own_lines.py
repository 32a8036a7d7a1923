"""What a plugin's author sees of an error: the lines of a traceback that are the plugin's own."""

from __future__ import annotations

import re
import traceback
from html import escape
from pathlib import Path

from host.own_code import inside

_FRAME = re.compile(r'  File "(?P<file>.+?)", line (?P<rest>.*)')


def trace_of(error: BaseException) -> str:
    """The whole traceback, causes first, as Python prints it."""
    return "".join(traceback.format_exception(error))


def own_lines(trace: str, folder: Path) -> str:
    """A traceback without the frames of files outside ``folder``; files are told from there on.

    trace: as Python prints it, in this process or in a worker.
    """
    kept: list[str] = []
    frame_is_own: bool | None = None  # None: outside any frame
    for line in trace.rstrip().splitlines():
        if match := _FRAME.match(line):
            file = Path(match["file"]).resolve()
            frame_is_own = inside(file, folder)
            if frame_is_own:
                kept.append(f"{file.relative_to(folder)}, line {match['rest']}")
        elif frame_is_own is not None and line.startswith("  "):
            if frame_is_own:
                kept.append(line)
        else:
            frame_is_own = None
            if line != "Traceback (most recent call last):":
                kept.append(line)
    return "\n".join(kept).strip()


def html(trace: str, folder: Path) -> str:
    """The same as HTML; "" for no traceback."""
    lines = own_lines(trace, folder)
    return f"<pre class='own-lines'>{escape(lines)}</pre>" if lines else ""
