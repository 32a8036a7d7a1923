"""Many visitors at once on the real app: is anything lost, crossed or wrong, and how fast is it?

python benchmarks/proofs/load.py [--visitors 200] [--minutes 10] [--think 10 50]
    [--pictures DIR] [--json FILE]

Starts the app with its three plugins. Every visitor is an open page of their own (heartbeat, the
page's timer, uploads, Gradio's queue) that presses something, looks at the answer for a while
(--think: seconds, uniformly drawn) and presses again: a face verification, an enrolment and who is
this, a style transfer of 10 steps at 128 pixels, generated digits, the playground's live training.
Each does everything once, in any order, and then whatever they like: so what is kept of a visitor
is there early, and memory that grows later is lost. One press in twenty the visitor closes the page
in the middle of it and somebody new comes.

What each visitor must be answered was computed before, alone. At most 60 have pictures of their
own and the others the same again, but everybody has their own digits and knows their own people,
so that answers that go to somebody else are noticed. The exit code is 0 only if every
criterion of :func:`verdict` holds.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import os
import random
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import places  # noqa: F401
from app_memory import Watch
from served import conclude, warm_app
from serving import App
from subjects import CHECKED, Crossed, Subject, Wrong, check, expect, identify, subjects
from timing import machine
from visitors import Lost, Page, Refused, Visitor, client

SHARES = {"verify": 35, "identify": 20, "generate": 20, "paint": 15, "play": 10}
"""Of every hundred presses, after one of each."""
LEAVING = 0.05
LOTS = 60
"""Of pictures: to know a visitor's answers takes a second."""
WAVE = 30.0
"""Seconds over which the visitors arrive."""
FLAT = 1.05
"""Memory at the end, as a multiple of what it was after half of the time, when everybody has done
everything."""
SAID = 20
"""Distinct complaints that are kept in full."""


@dataclass
class Tally:
    """Everything that was seen, by kind."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    waited: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    opened: list[float] = field(default_factory=list)
    refreshes: list[float] = field(default_factory=list)
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    said: dict[str, collections.Counter[str]] = field(
        default_factory=lambda: collections.defaultdict(collections.Counter)
    )

    def note(self, kind: str, text: str) -> None:
        self.counts[kind] += 1
        if len(self.said[kind]) < SAID or text in self.said[kind]:
            self.said[kind][text] += 1


@dataclass
class Crowd:
    """All visitors of one run."""

    web: httpx.AsyncClient
    page: Page
    owners: dict[str, dict[str, int]]
    think: tuple[float, float]
    until: float
    tally: Tally = field(default_factory=Tally)

    async def come(self, subject: Subject, after: float) -> None:
        """One subject, as often as they leave and come again, until the end."""
        chance = random.Random(subject.number)
        await asyncio.sleep(after)
        while time.monotonic() < self.until:
            try:
                await self._visit(subject, chance)
            except (httpx.HTTPError, OSError) as error:
                self.tally.note("errors", f"the page: {type(error).__name__}: {error}")
                await asyncio.sleep(1.0)

    async def _visit(self, subject: Subject, chance: random.Random) -> None:
        async with Visitor(self.web, self.page) as visitor:
            self.tally.counts["visits"] += 1
            self.tally.opened.append(visitor.opened)
            stays = True
            new = chance.sample(list(SHARES), len(SHARES))
            while stays:
                await asyncio.sleep(chance.uniform(*self.think))
                if time.monotonic() > self.until:
                    break
                (drawn,) = chance.choices(list(SHARES), list(SHARES.values()))
                action = new.pop() if new else drawn
                if chance.random() < LEAVING:
                    await self._leave_during(action, visitor, subject, chance.uniform(0.05, 1.5))
                    stays = False
                else:
                    await self._press(action, visitor, subject)
        self.tally.refreshes += visitor.refreshes
        for complaint in visitor.complaints:
            self.tally.note("page", complaint)

    async def _leave_during(
        self, action: str, visitor: Visitor, subject: Subject, after: float
    ) -> None:
        self.tally.counts["left in mid-call"] += 1
        press = asyncio.create_task(self._press(action, visitor, subject))
        await asyncio.wait([press], timeout=after)
        press.cancel()
        await asyncio.gather(press, return_exceptions=True)

    async def _press(self, action: str, visitor: Visitor, subject: Subject) -> None:
        tally = self.tally
        try:
            answer, shown = await CHECKED.get(action, identify)(visitor, subject)
            tally.counts["answers"] += 1
            for complaint in answer.complaints:
                tally.note("queue", f"{action}: {complaint}")
            for refusal in answer.refusals:
                tally.note("refused", refusal)
            if answer.error is not None:
                tally.note("errors", f"{action}: {answer.error}")
                return
            if action in CHECKED:
                tally.counts[check(action, subject, answer, shown, self.owners[action])] += 1
            tally.seconds[action].append(answer.seconds)
            tally.waited[action].append(answer.waited)
        except Crossed as crossed:
            tally.note("crossed", str(crossed))
        except Wrong as wrong:
            tally.note("wrong", str(wrong))
        except Lost as lost:
            tally.note("lost", f"{action}: {lost}")
        except Refused as refused:
            tally.note("errors", f"{action}: refused to the end: {refused}")
        except httpx.HTTPError as error:
            tally.note("lost", f"{action}: {type(error).__name__}: {error}")


async def crowd(app: App, options: argparse.Namespace) -> tuple[Tally, Watch, dict[str, Any]]:
    """Compute what to expect, then let everybody come. Returns the tally, memory and own cost."""
    them = subjects(options.visitors, options.pictures, LOTS)
    async with client() as web:
        page = await Page.read(web, app.url)
        began = time.monotonic()
        owners = await expect(lambda: Visitor(web, page), them)
        say(f"{len(them)} visitors' answers are known after {time.monotonic() - began:.0f} s")
        watch = Watch(app, every=min(5.0, options.minutes))
        until = time.monotonic() + 60 * options.minutes
        all_of_them = Crowd(web, page, owners, tuple(options.think), until)
        cost = os.times()
        tasks = [
            asyncio.create_task(all_of_them.come(subject, WAVE * number / len(them)))
            for number, subject in enumerate(them)
        ]
        reporter = asyncio.create_task(report_on(all_of_them.tally, watch, app))
        await asyncio.gather(*tasks)
        reporter.cancel()
    watch.stop()
    spent = os.times()
    return all_of_them.tally, watch, {"generator_cpu_s": spent.user + spent.system - cost.user}


async def report_on(tally: Tally, watch: Watch, app: App) -> None:
    """A line every ten seconds. Ends the program when the app has ended."""
    while True:
        await asyncio.sleep(10)
        if app.process.poll() is not None:
            sys.exit(f"the app ended with {app.process.returncode}")
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(tally.counts.items()))
        memory = watch.samples[-1].memory if watch.samples else {}
        say(f"{watch.now:4.0f} s: {counts}; {round(sum(memory.values()))} MB")


def verdict(report: dict[str, Any]) -> list[str]:
    """Which criteria fail, in words."""
    counts = report["counts"]
    failed = [
        f"{counts[kind]} {what}"
        for kind, what in {
            "lost": "answers were lost",
            "crossed": "answers were somebody else's",
            "wrong": "answers were wrong",
            "errors": "errors",
            "queue": "queue messages were out of order",
            "page": "complaints about the page itself",
        }.items()
        if counts.get(kind)
    ]
    if not counts.get("answers"):
        failed.append("there was no answer at all")
    if report["log"]["tracebacks"] or report["log"]["errors"]:
        failed.append(
            "the log has {tracebacks} tracebacks and {errors} errors".format(**report["log"])
        )
    for name, (before, after) in report["private_mb"].items():
        if before is None or after is None:
            failed.append(f"{name} was restarted")
        elif after > FLAT * before:
            failed.append(f"the memory of {name} grew from {before:.0f} to {after:.0f} MB")
    return failed


def summary(tally: Tally, watch: Watch, log: str, options: argparse.Namespace) -> dict[str, Any]:
    """All figures, for JSON."""
    span = 60 * options.minutes
    first, last = watch.samples[0], watch.samples[-1]
    length = last.at - first.at
    return {
        "machine": machine(),
        "visitors": options.visitors,
        "minutes": options.minutes,
        "think_s": options.think,
        "counts": dict(tally.counts),
        "said": {kind: dict(texts) for kind, texts in tally.said.items()},
        "seconds": {action: spread(times) for action, times in sorted(tally.seconds.items())},
        "waited": {action: spread(times) for action, times in sorted(tally.waited.items())},
        "page": {
            "opening the page": spread(tally.opened),
            "the page's timer": spread(tally.refreshes),
        },
        "worker_seconds": in_workers(log),
        "memory_mb": {
            name: (watch.mean(name, 0.45 * span, 0.55 * span), watch.mean(name, 0.9 * span, span))
            for name in watch.names
            if name != "a later worker"
        },
        "private_mb": {
            name: (
                watch.mean(name, 0.45 * span, 0.55 * span, private=True),
                watch.mean(name, 0.9 * span, span, private=True),
            )
            for name in watch.names
            if name != "a later worker"
        },
        "cores_used": {
            name: (last.cpu[name] - first.cpu.get(name, 0.0)) / length for name in last.cpu
        },
        "log": {
            "tracebacks": log.count("Traceback (most recent call last)"),
            "errors": len(re.findall(r"^\S+ \S+ (?:ERROR|CRITICAL) ", log, re.MULTILINE)),
        },
        "samples": [(round(each.at), each.memory) for each in watch.samples],
    }


def in_workers(log: str) -> dict[str, dict[str, float]]:
    """How long calls took on the workers, without any waiting, as the log says."""
    times = collections.defaultdict(list)
    for method, seconds in re.findall(r"host\.(?:calls|executor): (\S+): done in ([\d.]+) s", log):
        times[method].append(float(seconds))
    return {method: spread(values) for method, values in sorted(times.items())}


def spread(values: list[float]) -> dict[str, float]:
    """Count, median, 95th and 99th percentile and greatest."""
    if len(values) < 2:
        return {"n": len(values)}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {
        "n": len(values),
        "p50": round(cuts[49], 3),
        "p95": round(cuts[94], 3),
        "p99": round(cuts[98], 3),
        "max": round(max(values), 3),
    }


def show(report: dict[str, Any]) -> None:
    print(f"\n{report['visitors']} visitors, {report['minutes']} minutes, {report['machine']}\n")
    print("| | n | p50 s | p95 s | p99 s | longest s |\n|---|---|---|---|---|---|")
    rows = {f"{action}, press to answer": each for action, each in report["seconds"].items()}
    rows |= {f"{action}, press to start": each for action, each in report["waited"].items()}
    rows |= report["page"]
    rows |= {f"{method}, in its worker": each for method, each in report["worker_seconds"].items()}
    for what, each in rows.items():
        print(f"| {what} | " + " | ".join(str(value) for value in each.values()) + " |")
    print("\n| | MB, after half | at the end | private, after half | at the end | cores |")
    print("|---|---|---|---|---|---|")
    for name, figures in report["memory_mb"].items():
        both = [*figures, *report["private_mb"][name]]
        sizes = " | ".join("-" if each is None else f"{each:.0f}" for each in both)
        print(f"| {name} | {sizes} | {report['cores_used'].get(name, 0):.2f} |")
    print(f"\ncounts: {report['counts']}\nlog: {report['log']}")
    print(f"this program took {report['generator_cores']:.2f} cores")
    for kind, texts in report["said"].items():
        for text, number in texts.items():
            print(f"{kind}, {number} times: {text}")


def say(text: str) -> None:
    print(text, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--think", type=float, nargs=2, default=[10, 50], metavar="SECONDS")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep-log", type=Path, help="copy the app's log here")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="triptych-load-") as folder:
        with warm_app(folder, [], 3, options.keep_log) as app:
            tally, watch, cost = asyncio.run(crowd(app, options))
        report = summary(tally, watch, app.log, options)
    report["generator_cores"] = cost["generator_cpu_s"] / (60 * options.minutes)
    report["failed"] = verdict(report)
    show(report)
    return conclude(report, options.json)


if __name__ == "__main__":
    sys.exit(main())
