"""``triptych users``: who may sign in where there is a file of users."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from host.access import users
from host.access.errors import AccessError


def main(arguments: Sequence[str]) -> int:
    """0 when all is well, 1 when it cannot be done."""
    args = _parser().parse_args(arguments)
    try:
        known = users.read(args.file) if args.file.exists() or args.what == "list" else {}
        return int(args.run(args, known))
    except AccessError as error:
        return _no(str(error))
    except OSError as error:
        return _no(f"{args.file} cannot be written: {error.strerror}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="triptych users",
        description="Keep the file of users that triptych run --users FILE lets in. Who is removed "
        "or gets another password is signed out, without a restart.",
    )
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    add = commands.add_parser("add", help="add a user, or give one another password")
    add.add_argument("name")
    add.add_argument(
        "--password-stdin", action="store_true", help="read it from a pipe instead of asking twice"
    )
    remove = commands.add_parser("remove", help="remove a user")
    remove.add_argument("name")
    listed = commands.add_parser("list", help="the names, one a line")
    for command, run in ((add, _add), (remove, _remove), (listed, _list)):
        command.add_argument("--file", type=Path, default=Path("users"), help="default ./users")
        command.set_defaults(run=run)
    return parser


def _add(args: argparse.Namespace, known: dict[str, users.Password]) -> int:
    if problem := users.name_problem(args.name):
        return _no(problem)
    password = _from_pipe() if args.password_stdin else getpass.getpass("Password: ")
    if not users.SHORTEST <= len(password) <= users.LONGEST:
        return _no(f"A password has {users.SHORTEST} to {users.LONGEST} characters.")
    if not args.password_stdin and getpass.getpass("Again: ") != password:
        return _no("Those were two different passwords; nothing has changed.")
    done = "has another password now" if args.name in known else "can sign in now"
    users.write(args.file, {**known, args.name: users.Password.of(password)})
    print(f"{args.name} {done}.")
    return 0


def _from_pipe() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _remove(args: argparse.Namespace, known: dict[str, users.Password]) -> int:
    if args.name not in known:
        return _no(f"There is no user {args.name!r} in {args.file}.")
    users.write(args.file, {name: each for name, each in known.items() if name != args.name})
    print(f"{args.name} can no longer sign in.")
    return 0


def _list(args: argparse.Namespace, known: dict[str, users.Password]) -> int:
    print("\n".join(known) or "Nobody yet: triptych users add NAME.")
    return 0


def _no(sentence: str) -> int:
    print(f"triptych: {sentence}", file=sys.stderr)
    return 1
