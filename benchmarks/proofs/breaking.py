"""The weights are damaged, the clock jumps, the app is told to end in mid-job."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from answers import API, Wire
from crowd import FACES, App, Crowd, Report, Visitor, all_answer, facts_of
from places import ROOT
from scenario import attempt, check_log, check_people, needs, started

SHIFT = 86_400  # seconds that the clock jumps
_CLOCK = """
import signal, sys, time
if any(part.endswith("app.py") for part in sys.orig_argv):
    real, shift = time.time, [0.0]
    time.time = lambda: real() + shift[0]
    def jump(number, frame):
        shift[0] += {shift} if number == signal.SIGUSR1 else -{shift}
    signal.signal(signal.SIGUSR1, jump)
    signal.signal(signal.SIGUSR2, jump)
"""
_HASH = """
import host.weights
checked = host.weights.WeightFile.__post_init__
def ours(self):
    if self.name == "20180402-114759-weights.h5":
        object.__setattr__(self, "hash", "sha256:{digest}")
    checked(self)
host.weights.WeightFile.__post_init__ = ours
"""
_MAKE = """
import sys
from pathlib import Path
from plugins.face import inception_resnet_v1 as facenet
from test_facenet import layout_of, write
write(Path(sys.argv[1]), layout_of(facenet.build(512)))
"""


def weights_damaged(report: Report, folder: Path, options: argparse.Namespace) -> None:
    weights = folder / "weights"
    weights.mkdir()
    file = weights / "20180402-114759-weights.h5"
    paths = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "face")]
    quiet = {"PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, "-c", _MAKE, str(file)], env={**os.environ, **quiet}, check=True
    )
    good = file.read_bytes()
    site = folder / "site"
    site.mkdir()
    text = _HASH.replace("{digest}", hashlib.sha256(good).hexdigest())
    (site / "sitecustomize.py").write_text(text)
    path = os.pathsep.join([str(site), str(ROOT)])
    flags = "--only", "face", "--weights", str(weights)
    app = started(folder, options, *flags, PYTHONPATH=path)
    try:
        visitor = Visitor(app)
        if needs(report, "with its weights", lambda: _model(visitor), 120) != "facenet-512":
            report.add("wrong", "the published model was not used")
        middle = len(good) // 2
        damages = {
            "flipped": good[:middle] + bytes(byte ^ 255 for byte in good[middle : middle + 64])
            + good[middle + 64 :],
            "cut": good[:middle],
            "empty": b"",
        }  # fmt: skip
        for what, damaged in damages.items():
            file.write_bytes(damaged)
            starts = app.log.count(": ready on ")
            for worker in app.workers():
                worker.kill()
            for _ in range(6):
                model = attempt(report, f"weights {what}", _model, visitor)
                if model == "facenet-512":
                    report.add("wrong", f"weights {what}: the damaged file was used")
            if needs(report, f"weights {what}", lambda: _model(visitor)) != "offline":
                report.add("wrong", f"weights {what}: not the offline model")
            if (again := app.log.count(": ready on ") - starts) > 2:
                report.add("wrong", f"weights {what}: {again} starts of the worker")
        file.write_bytes(good)
        for worker in app.workers():
            worker.kill()
        if needs(report, "with good weights again", lambda: _model(visitor)) != "facenet-512":
            report.add("wrong", "the good file was not used again")
        check_log(report, app)
    finally:
        app.stop() if app.process.poll() is None else app.kill()


def _model(visitor: Visitor) -> str:
    picture = visitor.upload(FACES / "anna_1.jpg")
    return str(facts_of(visitor.call("face_verify", first=picture, second=picture))["model"])


def clock_jumps(report: Report, folder: Path, options: argparse.Namespace) -> None:
    """A day forward and back while people work and one who is present does nothing."""
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_CLOCK.replace("{shift}", str(SHIFT)))
    app = started(folder, options, PYTHONPATH=str(site))
    present = Visitor(app)
    beats = Wire(app.port, 600)
    try:
        if why := all_answer(app, 180):
            report.add("wrong", f"before the jump: {why}")
            return
        picture = present.upload(FACES / "anna_1.jpg")
        beats.send("GET", f"{API}/heartbeat/present")
        with Crowd(app, report) as crowd:
            for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR2, signal.SIGUSR1):
                app.process.send_signal(number)
                report.add("events")
                before = {person: person.successes for person in crowd.people}
                end = time.monotonic() + 60
                while any(each.successes - before[each] < 1 for each in crowd.people):
                    if time.monotonic() > end:
                        late = [p.tab for p in crowd.people if p.successes == before[p]]
                        report.add("hung", f"no answer a minute after a jump: {', '.join(late)}")
                        break
                    time.sleep(0.1)
                else:
                    time.sleep(20)  # what is done every few seconds shall meet the other clock
                two = {"first": picture, "second": picture}
                what = "the picture of before the jump"
                if attempt(report, what, present.call, "face_verify", **two) is None:
                    report.add("lost", "a present visitor's upload")
        for text, count in crowd.told().items():
            report.add("wrong", f"told {count} times: {text}")
        check_people(report, f"sqlite:///{folder}/people.sqlite", crowd.acknowledged)
        check_log(report, app)
    finally:
        beats.close()
        app.stop() if app.process.poll() is None else app.kill()


def ended_in_mid_job(report: Report, folder: Path, options: argparse.Namespace) -> None:
    for plugin, name, values in (
        ("face", "face_learn", {"source": "digits", "kind": "encoder", "steps": 2000}),
        ("style", "style_transfer", {"size": 384, "steps": 400}),
        ("gan", "gan_train", {"data": "digits", "steps": 5000}),
    ):
        place = folder / plugin
        place.mkdir()
        _end(report, started(place, options, "--only", plugin), plugin, name, values)


def _end(report: Report, app: App, plugin: str, name: str, values: dict[str, Any]) -> None:
    visitor = Visitor(app, 120)
    if plugin == "style":
        values = {**values, "content": visitor.upload(FACES / "anna_1.jpg")}
        values["style"] = visitor.upload(FACES / "bruno_1.jpg")
    caller = threading.Thread(
        target=attempt, args=(report, name, visitor.call, name), kwargs=values, daemon=True
    )
    caller.start()
    try:
        end = time.monotonic() + 90
        while not visitor.streaming:
            if time.monotonic() > end or not caller.is_alive():
                report.add("wrong", f"{name} did not begin to stream")
                return
            time.sleep(0.05)
        pids = [each.pid for each in psutil.Process(app.process.pid).children(recursive=True)]
        began = time.monotonic()
        app.process.send_signal(signal.SIGTERM)
        try:
            code = app.process.wait(10)
        except subprocess.TimeoutExpired:
            report.add("hung", f"{plugin}: the app had not ended 10 s after SIGTERM")
            return
        report.notes.append(f"{plugin}: exit code {code} after {time.monotonic() - began:.1f} s")
        if code:
            report.add("wrong", f"{plugin}: exit code {code}")
        caller.join(10)
        if caller.is_alive():
            report.add("hung", f"{plugin}: the visitor's stream did not end")
        time.sleep(0.5)
        if left := orphans(pids):
            report.add("wrong", f"{plugin}: {len(left)} processes outlived the app")
        check_log(report, app)
    finally:
        app.kill() if app.process.poll() is None else None


def orphans(pids: list[int]) -> list[int]:
    """Which of these processes still run."""
    return [
        pid
        for pid in pids
        if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]
