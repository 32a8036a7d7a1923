"""``triptych space``: the Spacefile as a Hugging Face Space."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from host import space
from host.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """0 when all is well, 1 with a sentence for each problem."""
    parser = argparse.ArgumentParser(
        prog="triptych space",
        description="The Spacefile is the one of this folder, or else the one that came along.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("check", help="say what is wrong with the Spacefile")
    export = commands.add_parser("export", help="write a folder that runs as a Space")
    export.add_argument("folder", type=Path, metavar="DIR", help="new or empty")
    args = parser.parse_args(arguments)
    spacefile = Settings.spacefile
    try:
        if args.command == "check":
            found = space.problems(space.read(spacefile))
            print("\n".join(found) or f"{spacefile} is a valid Space.")
            return 1 if found else 0
        space.export(spacefile, args.folder)
    except (space.SpaceError, OSError) as error:
        print(f"triptych: {error}", file=sys.stderr)
        return 1
    print(f"{args.folder} is ready: pip install -r requirements.txt && python app.py")
    return 0
