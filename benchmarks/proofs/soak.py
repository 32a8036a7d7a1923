"""A thousand real jobs for each plugin: does anything grow?

python benchmarks/proofs/soak.py [--jobs 1000] [--only gan] [--visit 25] [--pictures DIR]
    [--json FILE]

Starts the app and gives each plugin its jobs one after another, through the page's queue: face
verifications and identifications, style transfers of 10 steps at 128 pixels, generated digits,
playgrounds, enlargements and short trainings. The three plugins work at the same time; whoever
sends the jobs closes the page after --visit of them and opens another. Memory is read after every
job, children included. What counts is
proportional memory (PSS), between jobs: its median over the 16 jobs after the fiftieth against the
last 16, and of the web process from when all plugins had reached theirs. Told beside it are private
memory (USS) and what no file backs: the first two also move when another program on this machine
maps the same libraries, so run it alone.

The exit code is 0 only if no process grew by more than 5 % and every job was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import places  # noqa: F401
from app_memory import Sample, Watch
from served import conclude, warm_app
from serving import App
from subjects import Subject, generate, identify, paint, play, subjects, verify
from timing import machine
from visitors import Answer, Page, Visitor, client

TITLES = {"face": "Faces", "style": "Style", "gan": "GAN"}
SETTLED = 50
"""Jobs after which memory should stay where it is."""
LOOKS = 16
"""Jobs whose readings make one figure."""
REST = 0.1
"""Seconds from an answer to the reading: a worker tidies up after its answer."""
MOST = 1.05
KINDS = {"memory": "PSS", "private": "USS", "written": "not backed by files"}

Job = Callable[[Visitor, Subject], Awaitable[tuple[Answer, bytes]]]


async def enlarge(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    picture = await visitor.upload(subject.first)
    return await visitor.press("gan_enlarge", picture=picture), b""


async def train(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    answer = await visitor.press(
        "gan_train", steps=100, size="16", width=8, batch_size=16, seed=subject.seed
    )
    return answer, b""


JOBS: dict[str, Sequence[Job]] = {
    "Faces": (verify, verify, identify),
    "Style": (paint,),
    "GAN": (generate, play, generate, enlarge, generate, play, generate, train),
}
"""By the title of the plugin's worker; taken in turn."""


@dataclass
class Course:
    """One plugin's jobs. looks: at the app's memory, one after each job."""

    title: str
    looks: list[Sample] = field(default_factory=list)
    failed: collections.Counter[str] = field(default_factory=collections.Counter)

    async def run(
        self,
        web: httpx.AsyncClient,
        page: Page,
        them: Sequence[Subject],
        per_visit: int,
        watch: Watch,
    ) -> None:
        jobs = JOBS[self.title]
        for begin in range(0, len(them), per_visit):
            async with Visitor(web, page) as visitor:
                # The gallery of one visitor knows one person.
                owner = them[begin]
                for number, subject in enumerate(them[begin : begin + per_visit], begin):
                    job = jobs[number % len(jobs)]
                    try:
                        answer, _ = await job(visitor, owner if job is identify else subject)
                        if answer.error is not None:
                            self.failed[f"{job.__name__}: {answer.error}"] += 1
                    except Exception as error:  # noqa: BLE001  counted, and the soak goes on
                        self.failed[f"{job.__name__}: {type(error).__name__}: {error}"] += 1
                    await asyncio.sleep(REST)
                    self.looks.append(await asyncio.to_thread(watch.look))


def figures(courses: Sequence[Course], of: str) -> dict[str, tuple[float, float]]:
    """MB of each process after the fiftieth job and at the end. of: one of KINDS."""

    def level(name: str, looks: Sequence[Sample]) -> float:
        return statistics.median(getattr(look, of)[name] for look in looks)

    found = {}
    for course in courses:
        looks = [look for look in course.looks if course.title in look.memory]
        if len(looks) >= SETTLED + 2 * LOOKS:
            found[course.title] = (
                level(course.title, looks[SETTLED : SETTLED + LOOKS]),
                level(course.title, looks[-LOOKS:]),
            )
    settled = max(course.looks[SETTLED].at for course in courses)
    every = sorted((look for course in courses for look in course.looks), key=lambda look: look.at)
    later = [look for look in every if look.at >= settled and "web" in look.memory]
    found["web"] = level("web", later[:LOOKS]), level("web", later[-LOOKS:])
    return found


async def soak(app: App, options: argparse.Namespace) -> tuple[list[Course], Watch]:
    them = subjects(options.jobs, options.pictures)
    courses = [Course(TITLES[name]) for name in options.only]
    watch = Watch(app, every=10.0)
    async with client() as web:
        page = await Page.read(web, app.url)
        reporter = asyncio.create_task(report_on(courses, watch, app))
        await asyncio.gather(
            *(course.run(web, page, them, options.visit, watch) for course in courses)
        )
        reporter.cancel()
    watch.stop()
    return courses, watch


async def report_on(courses: Sequence[Course], watch: Watch, app: App) -> None:
    """A line every ten seconds. Ends the program when the app has ended."""
    while True:
        await asyncio.sleep(10)
        if app.process.poll() is not None:
            sys.exit(f"the app ended with {app.process.returncode}")
        done = ", ".join(f"{course.title} {len(course.looks)}" for course in courses)
        memory = watch.samples[-1].memory
        shown = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.items()))
        print(f"{watch.now:5.0f} s: jobs {done}; MB {shown}", flush=True)


def curve(looks: Sequence[Sample], name: str, points: int = 12) -> str:
    """Memory along the jobs, as a row of medians."""
    step = max(1, len(looks) // points)
    parts = (looks[begin : begin + step] for begin in range(0, len(looks) - step + 1, step))
    levels = (statistics.median(look.memory.get(name, 0.0) for look in part) for part in parts)
    return " ".join(f"{level:.0f}" for level in levels)


def verdict(report: dict[str, Any]) -> list[str]:
    """Which criteria fail, in words."""
    failed = []
    for name, (before, after) in report["mb"]["memory"].items():
        if after > MOST * before:
            own_before, own_after = report["mb"]["written"][name]
            failed.append(
                f"the memory of {name} grew by {100 * (after / before - 1):.1f} % "
                f"(by {own_after - own_before:.0f} MB that no file backs)"
            )
    for title, texts in report["not_answered"].items():
        failed += [f"{title}, {number} jobs: {text}" for text, number in texts.items()]
    if report["tracebacks"]:
        failed.append(f"the log has {report['tracebacks']} tracebacks")
    if report["restarted"]:
        failed.append("a worker was restarted")
    return failed


def summary(
    courses: Sequence[Course], watch: Watch, log: str, options: argparse.Namespace
) -> dict[str, Any]:
    """All figures, for JSON."""
    longest = max(courses, key=lambda course: course.looks[-1].at)
    return {
        "machine": machine(),
        "jobs": options.jobs,
        "minutes": round(longest.looks[-1].at / 60, 1),
        "mb": {kind: figures(courses, kind) for kind in KINDS},
        "curves": {
            **{course.title: curve(course.looks, course.title) for course in courses},
            "web": curve(longest.looks, "web"),
        },
        "not_answered": {course.title: dict(course.failed) for course in courses if course.failed},
        "tracebacks": log.count("Traceback (most recent call last)"),
        "restarted": "a later worker" in watch.names,
        "samples": [(round(each.at), each.memory) for each in watch.samples],
    }


def show(report: dict[str, Any]) -> None:
    print(
        f"\n{report['jobs']} jobs for each plugin in {report['minutes']} minutes, "
        f"{report['machine']}\n"
    )
    print(f"MB, medians of {LOOKS} readings between jobs; PSS on the way:\n")
    print(f"| | | after job {SETTLED} | at the end | grown | on the way |")
    print("|---|---|---|---|---|---|")
    for name in report["mb"]["memory"]:
        for kind, title in KINDS.items():
            before, after = report["mb"][kind][name]
            on_the_way = report["curves"][name] if kind == "memory" else ""
            print(
                f"| {name} | {title} | {before:.1f} | {after:.1f} "
                f"| {100 * (after / before - 1):+.1f} % | {on_the_way} |"
            )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--visit", type=int, default=25, help="jobs before a page is closed")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep-log", type=Path, help="copy the app's log here")
    options = parser.parse_args()
    if options.jobs < SETTLED + 2 * LOOKS:
        parser.error(f"--jobs: at least {SETTLED + 2 * LOOKS}")
    return options


def main() -> int:
    options = arguments()
    flags = ["--only", ",".join(options.only)]
    with tempfile.TemporaryDirectory(prefix="triptych-soak-") as folder:
        with warm_app(folder, flags, len(options.only), options.keep_log) as app:
            courses, watch = asyncio.run(soak(app, options))
        report = summary(courses, watch, app.log, options)
    report["failed"] = verdict(report)
    show(report)
    return conclude(report, options.json)


if __name__ == "__main__":
    sys.exit(main())
