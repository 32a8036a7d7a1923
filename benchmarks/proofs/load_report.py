"""What was seen of many visitors on one app, and whether it is well."""

from __future__ import annotations

import argparse
import collections
import re
import statistics
from dataclasses import dataclass, field
from typing import Any

from app_memory import Watch
from timing import machine

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
    first, last = watch.samples[0], watch.samples[-1]
    length = last.at - first.at
    return {
        "machine": machine(),
        "visitors": options.visitors,
        "minutes": options.minutes,
        "think_s": options.think,
        "counts": dict(tally.counts),
        "said": {kind: dict(texts) for kind, texts in tally.said.items()},
        "seconds": {action: _spread(times) for action, times in sorted(tally.seconds.items())},
        "waited": {action: _spread(times) for action, times in sorted(tally.waited.items())},
        "page": {
            "opening the page": _spread(tally.opened),
            "the page's timer": _spread(tally.refreshes),
        },
        "worker_seconds": _in_workers(log),
        "memory_mb": _memory(watch, 60 * options.minutes, private=False),
        "private_mb": _memory(watch, 60 * options.minutes, private=True),
        "cores_used": {
            name: (last.cpu[name] - first.cpu.get(name, 0.0)) / length for name in last.cpu
        },
        "log": {
            "tracebacks": log.count("Traceback (most recent call last)"),
            "errors": len(re.findall(r"^\S+ \S+ (?:ERROR|CRITICAL) ", log, re.MULTILINE)),
        },
        "samples": [(round(each.at), each.memory) for each in watch.samples],
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


def _memory(watch: Watch, seconds: float, private: bool) -> dict[str, Any]:
    """MB of each process about half time, and at the end."""
    return {
        name: tuple(
            watch.mean(name, begin * seconds, end * seconds, private=private)
            for begin, end in ((0.45, 0.55), (0.9, 1.0))
        )
        for name in watch.names
        if name != "a later worker"
    }


def _in_workers(log: str) -> dict[str, dict[str, float]]:
    """How long calls took on the workers, without any waiting, as the log says."""
    times = collections.defaultdict(list)
    for method, seconds in re.findall(r"host\.(?:calls|executor): (\S+): done in ([\d.]+) s", log):
        times[method].append(float(seconds))
    return {method: _spread(values) for method, values in sorted(times.items())}


def _spread(values: list[float]) -> dict[str, float]:
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
