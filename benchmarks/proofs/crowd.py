"""Visitors who use all three tabs while something breaks, and what they were told."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from answers import API, Hung, Wire, complaint, told
from places import ROOT
from serving import App

FACES = ROOT / "assets" / "face"
PATIENCE = 150  # seconds of a call, its wait for two starts of a worker included
_REFUSALS = (503, 507)  # too busy, no room on the disk
KNOWN = re.compile(
    r"stopped unexpectedly|times in a row and will be tried again|was restarted|"
    r"could not be started|is shutting down"
)


@dataclass
class Report:
    """What a scenario saw. lost: acknowledged and gone; wrong: neither right nor a sentence."""

    scenario: str
    events: int = 0
    answers: int = 0
    sentences: int = 0
    lost: int = 0
    wrong: int = 0
    hung: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    skipped: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, kind: str, note: str = "") -> None:
        with self._lock:
            setattr(self, kind, getattr(self, kind) + 1)
            if note and len(self.notes) < 30:
                self.notes.append(f"{kind}: {note}")

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.wrong or self.hung)


class Refused(Exception):
    """The answer was a sentence."""


class Bad(Exception):
    """The answer was neither right nor a sentence."""


class Visitor:
    """One visitor's connection. Not for several threads."""

    def __init__(self, app: App, patience: float = PATIENCE) -> None:
        self.app, self.wire = app, Wire(app.port, patience)
        self.streaming = False

    def upload(self, path: Path) -> dict[str, Any]:
        """Raises Refused, Bad, Hung, OSError."""
        status, body = self.wire.upload(path.name, path.read_bytes())
        if status != 200:
            self._refuse(told(body), status)
        return {"path": json.loads(body)[0], "meta": {"_type": "gradio.FileData"}}

    def call(self, endpoint: str, /, **values: Any) -> list[Any]:
        """The last output. Raises Refused, Bad, Hung, OSError."""
        status, body = self.wire.post(f"{API}/call/v2/{endpoint}", values)
        if status != 200:
            self._refuse(told(body), status)
        last: Any = None
        outputs = 0
        try:
            for last in self.wire.events(f"{API}/call/{endpoint}/{json.loads(body)['event_id']}"):
                outputs += last is not None
                self.streaming = outputs > 0
        finally:
            self.streaming = False
        if isinstance(last, dict) and "error" in last:
            self._refuse(last["error"], 200)
        if not isinstance(last, list):
            if isinstance(last, str):
                self._refuse(last, 200)
            raise Bad(f"{endpoint} ended with {str(last)[:200]}")
        if self.wire.event != "complete":
            raise Bad(f"{endpoint} was cut off after {outputs} outputs")
        return last

    def digest(self, output: dict[str, Any]) -> str:
        status, body = self.wire.ask("GET", f"{API}/file={output['path']}")
        if status != 200:
            raise Bad(f"a result's file was answered with {status}")
        return hashlib.sha256(body).hexdigest()

    def _refuse(self, message: Any, status: int) -> None:
        if (problem := complaint(message)) or (status >= 500 and status not in _REFUSALS):
            raise Bad(f"{problem or status}: {str(message)[:300]}")
        raise Refused(message)


def facts_of(outputs: list[Any]) -> dict[str, Any]:
    """What a face event says for programs. Raises Bad when it says nothing."""
    for output in outputs:
        if isinstance(output, dict) and "model" in output:
            return output
    raise Bad(f"no facts in {str(outputs)[:200]}")


class Person(threading.Thread):
    """Uses one tab again and again until told to stop."""

    def __init__(self, app: App, tab: str, number: int, report: Report) -> None:
        super().__init__(daemon=True)
        self.app, self.tab, self.number, self.report = app, tab, number, report
        self.visitor = Visitor(app)
        self.acknowledged: list[str] = []
        self.attempted: set[str] = set()
        self.successes = 0
        self.told: Counter[str] = Counter()
        self._stop_now = threading.Event()
        self._expected: dict[Any, Any] = {}
        self._round = 0

    def run(self) -> None:
        act = getattr(self, f"_{self.tab}")
        while not self._stop_now.is_set():
            self._round += 1
            try:
                act()
                self.successes += 1
                self.report.add("answers")
            except Refused as refused:
                self.told[re.sub(r"\d+|\(call \w+\)", "N", str(refused))[:90]] += 1
                self.report.add("sentences")
                self._stop_now.wait(0.3)
            except Hung as hung:
                self.report.add("hung", f"{self.tab}: {hung}")
            except Exception as error:  # noqa: BLE001  counted: the proof fails by it
                if self.app.process.poll() is None and not self._stop_now.is_set():
                    known = isinstance(error, (Bad, OSError))
                    note = str(error) if known else traceback.format_exc()[-600:]
                    self.report.add("wrong", f"{self.tab}: {note}")
                self._stop_now.wait(0.5)
            self._stop_now.wait(0.05)

    def stop(self) -> None:
        self._stop_now.set()

    def _same(self, key: Any, found: Any) -> None:
        """The first answer of each kind is the right one of all later ones."""
        if self._expected.setdefault(key, found) != found:
            raise Bad(f"{key} was answered otherwise than before: {found}")

    def _face(self) -> None:
        first, same = self.visitor.upload(FACES / "anna_1.jpg"), self._round % 2 == 0
        second = self.visitor.upload(FACES / ("anna_2.jpg" if same else "bruno_1.jpg"))
        facts = facts_of(self.visitor.call("face_verify", first=first, second=second))
        if facts["same"] is not same:
            raise Bad(f"the same person: {facts['same']}, not {same}")

    def _enrol(self) -> None:
        name = f"person {self.number}-{self._round}"
        portrait = self.visitor.upload(FACES / "clara_1.jpg")
        self.attempted.add(name)
        self.visitor.call("face_enrol", portrait=portrait, name=name, consent=True)
        self.acknowledged.append(name)
        self._stop_now.wait(0.5)

    def _gan(self) -> None:
        seed = self.number * 100 + self._round % 3
        if self._round % 3:
            picture = self.visitor.call("gan_generate", digits="3", seed=seed, count=2)[0]
            self._same(("gan_generate", seed), self.visitor.digest(picture))
        else:
            frame = self.visitor.call("gan_play", steps=600, seed=seed)[0]
            frame = json.loads(frame) if isinstance(frame, str) else frame
            if frame["step"] != 600:
                raise Bad(f"the playground ended at step {frame['step']} of 600")
        self._stop_now.wait(0.2 * (self._round % 3))

    def _style(self) -> None:
        content = self.visitor.upload(FACES / ("anna_1.jpg" if self.number % 2 else "group.jpg"))
        if self._round % 2:
            maps = self.visitor.call("style_gram", picture=content)[0]
            self._same("style_gram", self.visitor.digest(maps))
        else:
            style = self.visitor.upload(FACES / "bruno_1.jpg")
            out = self.visitor.call("style_transfer", content=content, style=style, size=128,
                                    steps=25)  # fmt: skip
            self._same("style_transfer", (out[0] is None, len(out)))


class Crowd:
    """People on every tab, for as long as the block lasts."""

    def __init__(self, app: App, report: Report, tabs: str = "face enrol gan gan style") -> None:
        self.people = [
            Person(app, tab, number, report) for number, tab in enumerate(tabs.split(), 1)
        ]

    def __enter__(self) -> Crowd:
        for person in self.people:
            person.start()
        return self

    def __exit__(self, *_: object) -> None:
        for person in self.people:
            person.stop()
        for person in self.people:
            person.join(PATIENCE + 10)

    def of(self, plugin: str) -> list[Person]:
        tabs = {"face": ("face", "enrol")}.get(plugin, (plugin,))
        return [person for person in self.people if person.tab in tabs]

    def told(self) -> Counter[str]:
        return sum((person.told for person in self.people), Counter())

    @property
    def acknowledged(self) -> list[str]:
        return [name for person in self.people for name in person.acknowledged]


def all_answer(app: App, seconds: float) -> str:
    """Wait until each plugin gives a right answer. "" or which did not in time."""
    report = Report("")
    crowd = Crowd(app, report, "face gan style")
    end = time.monotonic() + seconds
    with crowd:
        while time.monotonic() < end and app.process.poll() is None:
            if all(person.successes for person in crowd.people):
                return "; ".join(report.notes)
            time.sleep(0.1)
        if app.process.poll() is not None:
            return f"the app ended with {app.process.returncode}: {app.log[-500:]}"
        silent = [person.tab for person in crowd.people if not person.successes]
        return f"no answer within {seconds:g} s from {', '.join(silent)} {report.notes}"
