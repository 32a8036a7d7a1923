"""What the scenarios share: an app to break, attempts, and checks of what is left."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from answers import Hung
from crowd import FACES, App, Bad, Refused, Report, Visitor

SOMEBODY = FACES / "clara_1.jpg"


def started(folder: Path, options: argparse.Namespace, *flags: str, **environment: str) -> App:
    """The app offline, with a gallery that lasts."""
    program = [sys.executable, options.app] if options.app else None
    gallery = environment.pop("gallery", f"sqlite:///{folder}/people.sqlite")
    environment.setdefault("OMP_NUM_THREADS", "1")
    environment["TRIPTYCH_PLUGINS__FACE__OPTIONS"] = f'{{"gallery": "{gallery}"}}'
    app = App(folder, ["--offline", *flags], environment, program)
    try:
        app.wait_until_served(180)
    except BaseException:
        app.kill()
        raise
    return app


def check_people(report: Report, gallery: str, acknowledged: list[str]) -> None:
    """Count the acknowledged who are gone."""
    from plugins.face.gallery import Gallery

    with Gallery(gallery) as opened:
        there = {person.name for person in opened.people()}
    for name in acknowledged:
        if name not in there:
            report.add("lost", f"{name} was acknowledged and is not in the gallery")


def check_log(report: Report, app: App) -> None:
    """No traceback of the web process's own."""
    if (found := app.log.count("Traceback (most recent call last)")) > 0:
        place = app.log.index("Traceback (most recent call last)")
        report.add("wrong", f"{found} tracebacks in the log: {app.log[place - 200 : place + 1500]}")


def attempt(report: Report, what: str, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
    """Do it as a visitor; a sentence is as good as an answer. Returns the answer or None."""
    report.add("events")
    try:
        answer = act(*args, **values)
    except Refused as refused:
        report.add("sentences")
        report.notes.append(f"{what}: {refused}")
        return None
    except Hung as hung:
        report.add("hung", f"{what}: {hung}")
    except (Bad, OSError, KeyError, ValueError) as error:
        report.add("wrong", f"{what}: {error!r}")
    else:
        report.add("answers")
        return answer
    return None


def needs(report: Report, what: str, act: Callable[[], Any], seconds: float = 60) -> Any:
    """It must give an answer within that time, however many sentences come first."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = act()
        except Refused as refused:
            if time.monotonic() > end:
                report.add("wrong", f"{what}: still refused after {seconds:g} s: {refused}")
                return None
            time.sleep(0.5)
        except (Hung, Bad, OSError, KeyError, ValueError) as error:
            report.add("wrong", f"{what}: {error!r}")
            return None
        else:
            report.add("answers")
            return answer


def enrol(visitor: Visitor, name: str, portrait: dict[str, Any] | None = None) -> str:
    """Returns the name once the app has acknowledged it. Raises as ``Visitor.call`` does."""
    portrait = portrait or visitor.upload(SOMEBODY)
    visitor.call("face_enrol", portrait=portrait, name=name, consent=True)
    return name
