"""``triptych space``: the Spacefile as a Hugging Face Space."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from host import space
from host.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """0 when all is well, 1 with a sentence for each problem."""
    args = _parser().parse_args(arguments)
    spacefile = Settings.spacefile
    try:
        if args.command == "check":
            return _check(spacefile, args.json)
        _warn(spacefile, args.torch_index)
        if args.command == "export":
            space.export(spacefile, args.folder, args.torch_index)
            print(f"{args.folder} is ready: pip install -r requirements.txt && python app.py")
        else:
            print(f"{_push(spacefile, args)} has it and is building.")
    except (space.SpaceError, OSError) as error:
        print(f"triptych: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="triptych space",
        description="The Spacefile is the one of this folder, or else the one that came along.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="say what is wrong with the Spacefile")
    check.add_argument("--json", action="store_true", help="for programs")
    index = argparse.ArgumentParser(add_help=False)
    index.add_argument(
        "--torch-index",
        metavar="URL",
        help="index of other builds of PyTorch, such as the much smaller ones for a CPU",
    )
    export = commands.add_parser(
        "export", help="write a folder that runs as a Space", parents=[index]
    )
    export.add_argument("folder", type=Path, metavar="DIR", help="new or empty")
    push = commands.add_parser("push", help="make a Space, or bring it up to date", parents=[index])
    push.add_argument("space", metavar="OWNER/NAME")
    push.add_argument("--private", action="store_true", help="a new Space is for you only")
    push.add_argument(
        "--secret",
        action="append",
        default=[],
        metavar="NAME",
        help="make the environment variable NAME a secret of the Space",
    )
    return parser


def _check(spacefile: Path, as_json: bool) -> int:
    keys = space.read(spacefile)
    problems, warnings = space.problems(keys), space.warnings(keys)
    if as_json:
        print(json.dumps({"problems": problems, "warnings": warnings}, indent=2))
    else:
        lines = [*problems, *(f"warning: {each}" for each in warnings)]
        print("\n".join(lines if problems else [*lines, f"{spacefile} is a valid Space."]))
    return 1 if problems else 0


def _warn(spacefile: Path, torch_index: str | None) -> None:
    keys = space.read(spacefile)
    found = space.warnings(keys)
    if space.on_cpu(keys) and not torch_index:
        found.append(
            "PyTorch's default build for Linux is for CUDA and takes some GB more than a CPU "
            "needs; --torch-index names another, see https://pytorch.org/get-started."
        )
    for each in found:
        print(f"warning: {each}", file=sys.stderr)


def _push(spacefile: Path, args: argparse.Namespace) -> str:
    from host.space import push

    secrets = push.secrets_of(args.secret)
    with tempfile.TemporaryDirectory() as folder:
        space.export(spacefile, Path(folder), args.torch_index)
        return push.push(Path(folder), args.space, private=args.private, secrets=secrets)
