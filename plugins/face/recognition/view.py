"""Known people and named faces as HTML: the browser has fonts for every script of a name.

Pictures travel inside the page and are not written to the server's disk.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from plugins.face.drawing import jpeg
from plugins.face.gallery import Person
from plugins.face.models import BY_NAME
from plugins.face.results import Identified

NOBODY = "nobody I know"
SHOWN = 200  # people; more would make the page heavy
LONGEST = 1000  # pixels of the picture shown


def people_html(people: Sequence[Person], total: int, shared: bool) -> str:
    """The first ``SHOWN`` of ``total`` people with a portrait each, and who can see them."""
    whose = (
        "The gallery is <b>shared</b>: everybody who opens this page sees it and can add to it."
        if shared
        else "The gallery is <b>yours alone</b> and goes when you leave this page."
    )
    if not people:
        return f'<div class="face-people">{whose}<br>Nobody is known yet.</div>'
    cards = "".join(_card(person) for person in people)
    more = f"<div>… and {total - len(people):,} more.</div>" if total > len(people) else ""
    return (
        f'<div class="face-people">{whose}<div style="display:flex;flex-wrap:wrap;gap:.6em;'
        f'margin-top:.5em">{cards}</div>{more}</div>'
    )


def _card(person: Person) -> str:
    pictures = "1 picture" if person.pictures == 1 else f"{person.pictures} pictures"
    models = ", ".join(BY_NAME[name].title if name in BY_NAME else name for name in person.models)
    return (
        '<figure style="margin:0;width:84px;font-size:.8em;text-align:center;'
        f'overflow-wrap:anywhere" title="{escape(models)}">'
        f'<img src="{_data(person.portrait)}" alt="" style="width:84px;height:84px;'
        'border-radius:8px;object-fit:cover">'
        f"<figcaption><bdi><b>{escape(person.name)}</b></bdi><br>{pictures}</figcaption></figure>"
    )


def welcome_html(person: Person, new: bool, seconds: float, notes: tuple[str, ...]) -> str:
    """What to say once a person was enrolled in so many seconds."""
    name = f"<b><bdi>{escape(person.name)}</bdi></b>"
    first = (
        f"{name} is known now: one picture, one encoding, {seconds:.2f} s, no training."
        if new
        else f"{name} was known already and has {person.pictures} pictures now."
    )
    return "<br>".join([first, *map(escape, notes)])


def named_html(
    image: np.ndarray, answers: Sequence[Identified], threshold: float, note: str = ""
) -> str:
    """The picture with a box and a name on every face, the nearest people of each, a sentence."""
    height, width = image.shape[:2]
    shown = Image.fromarray(image)
    shown.thumbnail((LONGEST, LONGEST))
    boxes = "".join(_box(answer, number, width, height) for number, answer in enumerate(answers, 1))
    rows = "".join(_row(answer, number, threshold) for number, answer in enumerate(answers, 1))
    return (
        '<div class="face-named" role="status">'
        f'<div style="position:relative;display:inline-block;max-width:100%">'
        f'<img src="{_data(jpeg(np.asarray(shown)))}" alt="The picture with {len(answers)} faces '
        f'marked" style="max-width:100%;max-height:480px;display:block">{boxes}</div>'
        '<table class="plugins"><thead><tr><th>Face</th><th>Who</th><th>The nearest people '
        f"(distance; up to {threshold:.3f} counts)</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{escape(note)}</div>"
    )


def facts_of(answers: Sequence[Identified]) -> list[dict[str, Any]]:
    """The same for programs, as plain values."""
    return [
        {
            "box": [round(side) for side in each.face.box],
            "name": each.name,
            "candidates": [
                {"name": match.name, "distance": round(match.distance, 4)}
                for match in each.candidates
            ],
        }
        for each in answers
    ]


def _box(answer: Identified, number: int, width: int, height: int) -> str:
    left, top, right, bottom = answer.face.box
    colour = "#16a34a" if answer.name is not None else "#6b7280"
    # Below the face, or inside it where the picture ends.
    place = "top:100%" if bottom < 0.92 * height else "bottom:0"
    return (
        f'<div style="position:absolute;left:{100 * left / width:.2f}%;'
        f"top:{100 * top / height:.2f}%;width:{100 * (right - left) / width:.2f}%;"
        f"height:{100 * (bottom - top) / height:.2f}%;border:3px solid {colour};"
        'border-radius:8px;box-sizing:border-box">'
        f'<span style="position:absolute;{place};left:50%;transform:translateX(-50%);'
        f"background:{colour};color:#fff !important;font-size:.75em;padding:0 .4em;"
        'border-radius:4px;white-space:nowrap;max-width:14em;overflow:hidden;text-overflow:ellipsis">'
        f'{number} <bdi style="color:inherit">{escape(answer.name or NOBODY)}</bdi></span></div>'
    )


def _row(answer: Identified, number: int, threshold: float) -> str:
    candidates = ", ".join(
        f"<bdi>{escape(match.name)}</bdi>&nbsp;<b>{match.distance:.3f}</b>"
        if match.distance <= threshold
        else f"<bdi>{escape(match.name)}</bdi>&nbsp;{match.distance:.3f}"
        for match in answer.candidates
    )
    who = f"<b><bdi>{escape(answer.name)}</bdi></b>" if answer.name is not None else NOBODY
    return f"<tr><td>{number}</td><td>{who}</td><td>{candidates or '–'}</td></tr>"


def _data(file: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(file).decode()}"
