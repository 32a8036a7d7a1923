"""Every benchmark, and one table of what came out.

    python benchmarks/run.py [--only face,calls] [--keep] [--write docs/benchmarks.md] [--quick]

Each bench_*.py runs in a process of its own, one after another, as TensorFlow and PyTorch must not
share one. What it prints goes to build/benchmarks/PART.log, the rows of all to
build/benchmarks.json, the table to standard output. The exit code is 1 when a part failed; the
table has a line that says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import conditions
from rows import HEAD, ROOT, Row

HERE = Path(__file__).resolve().parent
BUILD = ROOT / "build"
PARTS = [path.stem.removeprefix("bench_") for path in sorted(HERE.glob("bench_*.py"))]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def measured(part: str, arguments: list[str]) -> tuple[list[Row], bool]:
    """The rows of a part, and whether it came to its end."""
    folder = BUILD / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    rows, log = folder / f"{part}.json", folder / f"{part}.log"
    rows.unlink(missing_ok=True)
    print(f"{part} ...", end=" ", file=sys.stderr, flush=True)
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, str(HERE / f"bench_{part}.py"), "--json", str(rows), *arguments]
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT).returncode
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    found = json.loads(rows.read_text(encoding="utf-8")) if rows.is_file() else []
    done = [Row(**each) for each in found]
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        why = lines[-1].replace("|", "/") if lines else "without a word"
        done.append(Row(f"**{part} failed** (exit code {code})", note=f"{why} ({log.name})"))
    return done, code == 0


Part = tuple[str, list[Row]]
"""A commit, and the rows measured with it."""


def kept(about: dict[str, str], parts: list[str], whatever: bool) -> dict[str, Part]:
    """Rows of other parts, measured on this machine before with this very code.

    whatever: or with other code.
    """
    try:
        before = json.loads((BUILD / "benchmarks.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    new = {"date": "", "commit": ""}
    if {**before["machine"], **new} != {**about, **new}:
        return {}
    return {
        part: (commit, [Row(**row) for row in rows])
        for part, (commit, rows) in before["parts"].items()
        if part not in parts
        and (whatever or (commit == about["commit"] and not commit.endswith(conditions.CHANGED)))
    }


def table(about: dict[str, str], parts: dict[str, Part]) -> str:
    commits: dict[str, list[str]] = {}
    for part in sorted(parts):
        commits.setdefault(parts[part][0], []).append(part)
    if len(commits) > 1:
        of = "; ".join(f"{commit} for {', '.join(names)}" for commit, names in commits.items())
        about = {**about, "commit": of}
    rows = "\n".join(str(row) for part in PARTS if part in parts for row in parts[part][1])
    return "\n".join(f"- {name}: {value}" for name, value in about.items()) + f"\n\n{HEAD}\n{rows}"


def write(page: Path, text: str) -> None:
    """Put the text between the page's two markers. Raises SystemExit where they are missing."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page} has no {BEGIN} followed by {END}.")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--keep", action="store_true", help="others' rows, also of other commits")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    parser.add_argument("--quick", action="store_true", help="only to see that all of it runs")
    options = parser.parse_args()
    parts = options.only.split(",") if options.only else PARTS
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")

    about = conditions.described()
    if options.quick:
        about["runs"] = "quick ones, whose figures mean nothing"
    results = kept(about, parts, options.keep)
    well = True
    for part in parts:
        rows, done = measured(part, ["--quick"] if options.quick else [])
        results[part] = (about["commit"], rows)
        well = well and done
        content = {
            "machine": about,
            "parts": {
                name: (commit, [asdict(row) for row in rows])
                for name, (commit, rows) in results.items()
            },
        }
        text = json.dumps(content, indent=1)
        (BUILD / "benchmarks.json").write_text(text + "\n", encoding="utf-8")
    shown = table(about, results)
    print(shown)
    if options.write:
        write(options.write, shown)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
