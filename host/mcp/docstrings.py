"""What a docstring says of a function and of each of its arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_ENTRY = re.compile(r"([\w, ]+?): (.+)")
_SECTION = re.compile(r"(Args|Returns|Yields|Raises):")


def read(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The description, what is returned at its end, and a text for each argument.

    Docstrings are of Google's style. (Gradio's own reading drops all lines of an entry but the
    first.)
    """
    sections: dict[str, list[str]] = {"": []}
    current = sections[""]
    for line in (inspect.getdoc(function) or "").splitlines():
        if heading := _SECTION.fullmatch(line.rstrip()):
            current = sections.setdefault(heading[1], [])
        else:
            current.append(line)
    description = _joined(sections[""])
    if returns := _joined(sections.get("Returns", [])):
        description += f" Returns: {returns}"
    return description, _arguments(sections.get("Args", []))


def _arguments(lines: list[str]) -> dict[str, str]:
    entries: list[list[str]] = []
    own = min((_indent(line) for line in lines if line.strip()), default=0)
    for line in lines:
        if line.strip() and _indent(line) == own:
            entries.append([line])
        elif entries:
            entries[-1].append(line)
    found = (_ENTRY.fullmatch(_joined(entry)) for entry in entries)
    return {name.strip(): entry[2] for entry in found if entry for name in entry[1].split(",")}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
