"""``triptych PLUGIN COMMAND ...``: the commands that plugins bring."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence

from host.cli import COMMANDS
from host.cli.flags import discovered
from host.executors.call import WorkerError
from host.plugin import Command, UserError
from host.plugins import Found


def run(name: str, arguments: Sequence[str]) -> int:
    """Run a plugin's command. 2 and a sentence when there is none of that name."""
    found = {each.name: each for each in discovered("triptych")[1]}
    if name not in found:
        near = difflib.get_close_matches(name, [*COMMANDS, *found], 1)
        hint = f"did you mean {near[0]}?" if near else "see triptych --help."
        return _refuse(f"there is no command and no plugin {name!r}; {hint}")
    return _run(found[name], arguments)


def _run(found: Found, arguments: Sequence[str]) -> int:
    known = "\n".join(
        f"  triptych {found.name} {each.name}: {each.help}" for each in found.commands
    )
    if found.error or found.missing:
        return _refuse(f"plugin {found.name}: {found.error or found.missing}")
    if not known:
        return _refuse(f"the plugin {found.name} has no commands.")
    if not arguments or arguments[0] in ("-h", "--help"):
        print(f"The commands of {found.name}:\n{known}")
        return 0
    for command in found.commands:
        if command.name == arguments[0]:
            return _call(found.name, command, arguments[1:])
    return _refuse(f"{found.name} has no command {arguments[0]!r}; it has:\n{known}")


def _call(plugin: str, command: Command, arguments: Sequence[str]) -> int:
    module, _, function = command.main.partition(":")
    try:
        main = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        return _refuse(f"{plugin} {command.name}: {command.main} cannot be loaded: {error}")
    try:
        return main(arguments) or 0
    except (UserError, WorkerError) as error:
        print(f"triptych: {error}", file=sys.stderr)
        return 1


def _refuse(sentence: str) -> int:
    print(f"triptych: {sentence}", file=sys.stderr)
    return 2
