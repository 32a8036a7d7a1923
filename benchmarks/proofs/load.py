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
criterion of :func:`load_report.verdict` holds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import places  # noqa: F401
from app_memory import Watch
from load_report import Tally, show, summary, verdict
from served import conclude, warm_app
from serving import App
from subjects import CHECKED, Crossed, Subject, Wrong, check, expect, identify, subjects
from visitors import Lost, Page, Refused, Visitor, client

SHARES = {"verify": 35, "identify": 20, "generate": 20, "paint": 15, "play": 10}
"""Of every hundred presses, after one of each."""
LEAVING = 0.05
LOTS = 60
"""Of pictures: to know a visitor's answers takes a second."""
WAVE = 30.0
"""Seconds over which the visitors arrive."""


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
