"""The ``triptych`` command. Each of its commands is a module here with ``main(arguments)``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import host

COMMANDS = {
    "run": "serve the page",
    "plugins": "list the plugins, their commands, and what is wrong with them",
    "new": "write a new plugin that installs and passes its tests",
    "check": "test a plugin as a host sees it, and say what to change",
    "weights": "list and fetch published weights",
    "users": "keep the file of users who may sign in",
    "space": "check the Spacefile and export a Hugging Face Space",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; of ``sys.argv`` if None. Returns the exit status."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in COMMANDS:
        status: int = importlib.import_module(f"host.cli.{name}").main(rest)
        return status
    if name in ("-h", "--help"):
        print(_help())
        return 0
    if name == "--version":
        print(f"triptych {host.__version__}")
        return 0
    from host.cli.of_plugins import run  # looks for plugins, which costs time

    return run(name, rest)


def _help() -> str:
    lines = [f"  {name:10}{what}" for name, what in COMMANDS.items()]
    return "\n".join(
        [
            "usage: triptych COMMAND ...",
            "",
            *lines,
            "",
            "Plugins bring commands too: see triptych plugins. triptych COMMAND --help says more.",
        ]
    )
