"""Malformed input to everything that the app lets a visitor reach.

python benchmarks/proofs/fuzz.py [--inputs 20000] [--seed 1] [--findings FILE]

Every endpoint (the private ones too) and Gradio's own routes get what :mod:`malformed` makes.
Each answer must be a result or a sentence (see :func:`answers.complaint`) with a status below 500,
within 30 s; the log must hold no traceback; and after a warm-up the web process must not grow by
more than ``GROWTH`` MB, nor its threads and open files by more than ``MORE``.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import places  # noqa: F401
import psutil
from findings import Findings, log_traces
from fuzzing import Client, Corpus
from serving import App

CLIENTS = 6
GROWTH = 80  # MB of PSS
MORE = 40  # threads, or open files
RATE = 50  # inputs a second that the proof itself must reach on two quiet cores
FLAGS = ["--offline", "--time-limit", "face=5", "--time-limit", "style=5", "--time-limit", "gan=5"]


@dataclass(frozen=True)
class Size:
    """Of the web process: MB, threads, open files."""

    memory: float
    threads: int
    files: int

    @classmethod
    def of(cls, app: App) -> Size:
        process = psutil.Process(app.process.pid)
        return cls(process.memory_full_info().pss / 1e6, process.num_threads(), process.num_fds())

    def __str__(self) -> str:
        return f"{self.memory:.0f} MB, {self.threads} threads, {self.files} files"


def fuzz(app: App, corpus: Corpus, numbers: range, found: Findings, start: int) -> float:
    """Send that many. Returns how many a second."""
    left = iter(numbers)
    lock = threading.Lock()

    def take() -> int | None:
        with lock:
            return next(left, None)

    clients = [
        Client(number, app.port, corpus, iter(take, None), found, start + numbers.start)
        for number in range(CLIENTS)
    ]
    began = time.monotonic()
    for client in clients:
        client.start()
    for beat in itertools.count(1):
        clients[0].join(1)
        if not any(client.is_alive() for client in clients):
            break
        if beat % 10 == 0:
            sent = sum(found.asked.values())
            bad = sum(found.wrong.values())
            print(f"  {sent} sent, {bad} answers wrong, {Size.of(app)}", flush=True)
        if app.process.poll() is not None:
            break
        time.sleep(0 if clients[0].is_alive() else 1)
    return len(numbers) / (time.monotonic() - began)


def table(found: Findings) -> str:
    rows = ["| endpoint | inputs | results | sentences | wrong |", "|---|---|---|---|---|"]
    for name in sorted(found.asked):
        wrong = sum(count for key, count in found.wrong.items() if key[0] == name)
        counts = found.asked[name], found.results[name], found.sentences[name], wrong
        rows.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(rows)


def failures(app: App, found: Findings, before: Size, after: Size) -> list[str]:
    failed = []
    if app.process.poll() is not None:
        failed.append(f"the web process ended with {app.process.returncode}")
    if found.wrong:
        failed.append(f"{sum(found.wrong.values())} answers were neither result nor sentence")
    if traces := app.log.count("Traceback (most recent call last)"):
        failed.append(f"{traces} tracebacks in the log")
    if after.memory - before.memory > GROWTH:
        failed.append(f"memory grew by {after.memory - before.memory:.0f} MB (at most {GROWTH})")
    if max(after.threads - before.threads, after.files - before.files) > MORE:
        failed.append(f"threads or files grew from {before} to {after} (at most {MORE})")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, help="write what was wrong to this file")
    parser.add_argument("--app", help="the app.py to run, when not this checkout's")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="proof-fuzz-"))
    program = [sys.executable, options.app] if options.app else None
    environment = {"TRIPTYCH_OPERATOR_TOKEN": "not-guessed", "OMP_NUM_THREADS": "1"}
    app = App(folder, FLAGS, environment, program)
    try:
        app.wait_until_served(180)
        for title in ("Faces", "Style", "GAN"):
            app.wait_for_log(rf"{title}\w*: ready on", 180)
        corpus, found = Corpus(app.port, options.seed), Findings()
        warm = min(5000, options.inputs // 3)
        print(f"{len(corpus.endpoints)} endpoints; warming up with {warm} inputs", flush=True)
        fuzz(app, corpus, range(warm), found, options.seed)
        time.sleep(12)
        before = Size.of(app)
        print(f"after the warm-up: {before}", flush=True)
        rate = fuzz(app, corpus, range(warm, options.inputs), found, options.seed)
        time.sleep(15)
        after = Size.of(app) if app.process.poll() is None else before
        failed = failures(app, found, before, after)
        if rate < RATE:
            failed.append(f"{rate:.0f} inputs a second (at least {RATE})")
        print(f"\n{table(found)}\n\n{rate:.0f} inputs a second; {before} -> {after}")
        report = f"{found.listed()}\n\nIn the log:\n{log_traces(app.log)}\n"
        if options.findings:
            options.findings.write_text(report)
        print(report if found.wrong else "No answer was wrong.")
        print("\n".join(f"FAILED: {line}" for line in failed) or "passed")
        return bool(failed)
    finally:
        if app.process.poll() is None:
            app.stop()


if __name__ == "__main__":
    sys.exit(main())
