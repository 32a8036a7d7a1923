"""Workers killed at random moments under people who use every tab."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from answers import API, Hung, Wire
from crowd import KNOWN, App, Crowd, Report, all_answer
from scenario import check_log, check_people, started

WEIGHTS = {"gan": 6, "face": 2, "style": 2}  # a start of the first costs least
RUN = 3  # kills of a plugin's worker without an answer between; more would be waiting for back-off
STARTS = 0.2  # of the starts are ended: most workers shall come to work
EARLY = 4.0  # seconds of a start in which it is ended
PAUSE = (0.0, 1.2)  # seconds before each kill


@dataclass(frozen=True)
class WorkerSeen:
    """One worker as the page's table shows it."""

    plugin: str
    state: str
    pid: int


class Table:
    """The Plugins tab, read as a visitor on this machine reads it."""

    def __init__(self, app: App) -> None:
        self._wire = Wire(app.port)
        config = json.loads(self._wire.ask("GET", "/config")[1])
        (self._number,) = (
            each["id"] for each in config["dependencies"] if each["api_name"] == "refresh"
        )

    def workers(self) -> list[WorkerSeen]:
        """Those that have a process. Raises OSError, Hung."""
        body = {"data": [], "fn_index": self._number, "session_hash": "operator"}
        self._wire.post(f"{API}/queue/join", body)
        html = ""
        for message in self._wire.events(f"{API}/queue/data?session_hash=operator"):
            if message["msg"] == "process_completed" and message["success"]:
                html = next(each for each in message["output"]["data"] if "<tr>" in str(each))
        found, plugin = [], ""
        for row in html.split("<tr>")[2:]:
            if (title := re.search(r"<b>(\w+)", row)) is not None:
                plugin = {"Faces": "face", "Style": "style", "GAN": "gan"}.get(title[1], title[1])
            state = re.search(r"worker-(\w+)", row)
            pid = re.search(r"process (\d+)", row)
            if state and pid:
                found.append(WorkerSeen(plugin.lower(), state[1], int(pid[1])))
        return found


class Starts:
    """Which starts of workers are ended, and when."""

    def __init__(self) -> None:
        self._ends: dict[int, float] = {}  # process: the moment from which on it may be ended

    def spares(self, worker: WorkerSeen) -> bool:
        if worker.state != "starting":
            return False
        if worker.pid not in self._ends:
            wait = random.uniform(0, EARLY) if random.random() < STARTS else math.inf
            self._ends[worker.pid] = time.monotonic() + wait
        return time.monotonic() < self._ends[worker.pid]


def kills(report: Report, folder: Path, options: argparse.Namespace) -> None:
    app = started(folder, options)
    try:
        if why := all_answer(app, 180):
            report.add("wrong", f"before any kill: {why}")
            return
        mix: Counter[str] = Counter()
        with Crowd(app, report) as crowd:
            _kill(app, crowd, report, options.kills, mix)
        if app.process.poll() is not None:
            report.add("wrong", f"the web process ended with {app.process.returncode}")
            return
        if why := all_answer(app, 60):
            report.add("wrong", f"a minute after the last kill: {why}")
        check_people(report, f"sqlite:///{folder}/people.sqlite", crowd.acknowledged)
        check_log(report, app)
        report.notes.append(f"mix: {dict(sorted(mix.items()))}")
        report.notes.append(f"{len(crowd.acknowledged)} people acknowledged")
        for text, count in crowd.told().most_common():
            report.notes.append(f"told {count} times: {text}")
            if not KNOWN.search(text):
                report.add("wrong", f"not a sentence of a broken worker: {text}")
    finally:
        app.kill() if app.process.poll() is not None else app.stop()


def _kill(app: App, crowd: Crowd, report: Report, number: int, mix: Counter[str]) -> None:
    table, starts = Table(app), Starts()
    since: Counter[str] = Counter()  # kills of a plugin without an answer
    seen: dict[str, int] = {}
    told, last = time.monotonic(), time.monotonic()
    while report.events < number and app.process.poll() is None:
        time.sleep(random.uniform(*PAUSE))
        for plugin in WEIGHTS:
            successes = sum(person.successes for person in crowd.of(plugin))
            if successes != seen.get(plugin):
                seen[plugin], since[plugin] = successes, 0
        try:
            workers = [
                each
                for each in table.workers()
                if since[each.plugin] < RUN and not starts.spares(each)
            ]
        except (OSError, Hung) as error:
            report.add("wrong", f"the Plugins tab: {error}")
            continue
        if workers:
            worker = random.choices(workers, [WEIGHTS.get(w.plugin, 1) for w in workers])[0]
            moment = _moment(worker, crowd)
            try:
                os.kill(worker.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            mix[f"{worker.plugin}, {moment}"] += 1
            since[worker.plugin] += 1
            report.events += 1
            last = time.monotonic()
        elif time.monotonic() - last > 120:
            report.add("hung", f"no worker came back within 120 s: {seen}")
            return
        if time.monotonic() - told > 10:
            told = time.monotonic()
            memory = psutil.Process(app.process.pid).memory_info().rss / 1e6
            print(
                f"  {report.events} kills, {report.answers} answers, {report.sentences} sentences,"
                f" {report.wrong} wrong, {report.hung} hung, web process {memory:.0f} MB",
                flush=True,
            )


def _moment(worker: WorkerSeen, crowd: Crowd) -> str:
    if worker.state == "starting":
        return "starting"
    if any(person.visitor.streaming for person in crowd.of(worker.plugin)):
        return "in mid-stream"
    return "in mid-call" if worker.state == "busy" else "idle"
