"""``triptych check``: a plugin as a host sees it, and what to change."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from host.cli.flags import settings_from


def _parser() -> argparse.ArgumentParser:
    from host.testing.report import CHECKS

    width = max(map(len, CHECKS))
    parser = argparse.ArgumentParser(
        prog="triptych check",
        description="Test a plugin as a host sees it, and say what to change.",
        epilog="checks:\n" + "\n".join(f"  {name:{width}}  {CHECKS[name]}" for name in CHECKS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("plugin", nargs="?", metavar="NAME|PATH", help="its name, folder, .py file or module")
    add("--only", default="", metavar="CHECKS", help="these, in full: every example and bad value")
    add("--list", action="store_true", help="list the checks and stop")
    add("--interpreter", metavar="PYTHON", help="the Python that runs its backend")
    add(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="longest that one answer may take (default 60)",
    )
    add("--json", metavar="FILE", type=Path, help="write what was found there too")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def main(arguments: Sequence[str]) -> int:
    """Returns 0 if every check holds, 1 if one fails, 2 for wrong usage."""
    from host.testing.report import CHECKS, Result, UnknownPlugin
    from host.testing.runner import check

    parser = _parser()
    given = parser.parse_args(arguments)
    width = max(map(len, CHECKS))
    if given.list:
        print("\n".join(f"{name:{width}}  {what}" for name, what in CHECKS.items()))
        return 0
    if given.plugin is None:
        parser.error("say which plugin: its name, or the path of its folder or file")

    settings_from([], "triptych check")  # a wrong setting is the operator's, not the plugin's

    def show(result: Result) -> None:
        print(f"{result.check:{width}}  {result.state}", flush=True)
        for text in (*result.problems, *result.notes):
            print(textwrap.indent(textwrap.fill(text, 96, break_long_words=False), " " * 4))

    try:
        report = check(
            given.plugin, given.only.split(","), given.interpreter, given.time_limit, show
        )
    except UnknownPlugin as error:
        print(f"triptych check: {error}", file=sys.stderr)
        return 2
    if given.json is not None:
        given.json.write_text(json.dumps(report.as_dict(), indent=2) + "\n", "utf-8")
    failed = sum(bool(result.problems) for result in report.results)
    missed = sum(result.state == "not reached" for result in report.results)
    held = len(report.results) - failed - missed
    print(f"\n{given.plugin}: {held} of {len(report.results)} checks hold", end="")
    print(f", {failed} failed" if failed else "", end="")
    print(f", {missed} could not be tried" if missed else "", end=".\n")
    return 0 if report.passed else 1
