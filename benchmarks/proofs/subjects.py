"""Whom the proofs send: for each visitor pictures, a painting and a seed of their own.

What a visitor should be answered is found by asking the app alone, before anybody else is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance
from places import ROOT
from visitors import Answer, Visitor

DRAWN = ("anna", "bruno", "clara")
PAINTINGS = ("waves.jpg", "starry.jpg", "glass.jpg", "circles.jpg", "autumn.jpg")
NEAR = 2.0
"""Mean difference, in levels of 255, up to which two pictures differ by rounding alone."""

SAME_DISTANCE = 0.002


class Wrong(Exception):
    """An answer that is not what this visitor's own input gives; the text says how."""


class Crossed(Wrong):
    """Somebody else's answer."""


@dataclass
class Subject:
    """One visitor's input, and what the app makes of it. expected: answers by action.

    lot: visitors of the same lot have the same pictures and the same playground.
    """

    number: int
    lot: int
    first: bytes
    second: bytes
    painting: bytes
    expected: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    distance: float | None = None

    @property
    def seed(self) -> int:
        """Of what is not the lot's: no two visitors have the same."""
        return 1000 + self.number

    def owner(self, action: str) -> int:
        """Whose answer to an action it is: the visitor's own, or the lot's."""
        return self.number if action == "generate" else self.lot

    @property
    def name(self) -> str:
        return f"Visitor {self.number}"


def subjects(count: int, pictures: Path | None, lots: int | None = None) -> list[Subject]:
    """count: how many. lots: of how many lots; None for each their own.

    Two that are next to each other are of different lots, and no two lots have a picture in
    common.

    pictures: a folder with a folder of at least two pictures for each person (as LFW has them);
    None, or too few of them, for variations of the drawn faces that come with the app.
    """
    paintings = [(ROOT / "assets" / "style" / name).read_bytes() for name in PAINTINGS]
    pairs = [] if pictures is None else _pairs(pictures)
    lots = min(count, lots or count)
    while len(pairs) < lots:
        pairs.append(_variation(len(pairs)))
    return [
        Subject(
            number, number % lots, *pairs[number % lots], paintings[number % lots % len(paintings)]
        )
        for number in range(count)
    ]


def _pairs(folder: Path) -> list[tuple[bytes, bytes]]:
    found = []
    for person in sorted(each for each in folder.iterdir() if each.is_dir()):
        files = sorted(person.glob("*.jpg"))
        found += [
            (one.read_bytes(), other.read_bytes())
            for one, other in zip(files[::2], files[1::2], strict=False)
        ]
    return found


def _variation(number: int) -> tuple[bytes, bytes]:
    """A drawn person under a light and in a frame of their own."""
    chance = random.Random(number)
    person = DRAWN[number % len(DRAWN)]
    made = []
    for which in (1, 2):
        with Image.open(ROOT / "assets" / "face" / f"{person}_{which}.jpg") as opened:
            picture = opened.convert("RGB")
        picture = ImageEnhance.Brightness(picture).enhance(chance.uniform(0.8, 1.2))
        picture = ImageEnhance.Color(picture).enhance(chance.uniform(0.5, 1.5))
        left, top = [chance.randrange(max(1, side // 20)) for side in picture.size]
        picture = picture.crop((left, top, *picture.size))
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=92)
        made.append(file.getvalue())
    return made[0], made[1]


# -- what a visitor can do; each returns the press's answer and something to know it by


async def verify(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    """Compare the visitor's own two pictures."""
    first, second = await visitor.upload(subject.first), await visitor.upload(subject.second)
    answer = await visitor.press("face_verify", first=first, second=second)
    return answer, await visitor.file(answer.outputs[2]) if answer.outputs else b""


async def paint(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    """A small, short style transfer of the visitor's first picture."""
    content, style = await visitor.upload(subject.first), await visitor.upload(subject.painting)
    answer = await visitor.press(
        "style_transfer", content=content, style=style, size=128, steps=10, seed=subject.lot
    )
    return answer, await visitor.file(answer.outputs[0]) if answer.outputs else b""


async def generate(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    """Digits from the visitor's own seed."""
    answer = await visitor.press("gan_generate", seed=subject.seed, count=3)
    return answer, await visitor.file(answer.outputs[0]) if answer.outputs else b""


async def play(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    """A short live training in the playground, from the lot's seed."""
    answer = await visitor.press("gan_play", seed=subject.lot, steps=50)
    if answer.outputs is None:
        return answer, b""
    told = json.loads(answer.outputs[0])
    del told["curve"]  # which steps it has on the way depends on how fast they came
    return answer, json.dumps(told, sort_keys=True).encode()


async def identify(visitor: Visitor, subject: Subject) -> tuple[Answer, bytes]:
    """Ask who is in the visitor's second picture; enrols their first one if nobody is known.

    Raises Crossed when anybody is known whom this visitor did not enrol.
    """
    probe = await visitor.upload(subject.second)
    answer = await visitor.press("face_identify", probe=probe)
    if (answer.error or "").startswith("Nobody is known yet"):
        portrait = await visitor.upload(subject.first)
        answer = await visitor.press("face_enrol", portrait=portrait, name=subject.name)
        if answer.outputs is None:
            return answer, b""
        answer = await visitor.press("face_identify", probe=probe)
    for face in (answer.outputs or [None, []])[1]:
        known = [each["name"] for each in face["candidates"]]
        if known != [subject.name]:
            raise Crossed(f"{subject.name}'s gallery knows {known}")
    return answer, b""


def _distance(answer: Answer) -> float:
    """Of a face verification that succeeded."""
    assert answer.outputs is not None
    return float(answer.outputs[4]["distance"])


Action = Callable[[Visitor, Subject], Awaitable[tuple[Answer, bytes]]]
CHECKED: dict[str, Action] = {
    "verify": verify,
    "paint": paint,
    "generate": generate,
    "play": play,
}
"""Those whose answer is known beforehand."""


def check(
    action: str, subject: Subject, answer: Answer, shown: bytes, owners: dict[str, int]
) -> str:
    """ "the same" or "but for rounding". Raises Wrong or Crossed.

    owners: of each expected answer of this action, by its digest.
    """
    digest = _digest(shown)
    own = subject.owner(action)
    if owners.get(digest, own) != own:
        raise Crossed(f"{subject.name}, number {own}, was given {action} {owners[digest]}")
    if action == "verify":
        assert subject.distance is not None
        if abs(_distance(answer) - subject.distance) > SAME_DISTANCE:
            raise Wrong(f"a distance of {_distance(answer)} in place of {subject.distance}")
    if digest == subject.expected[action][0]:
        return "the same"
    _of_expected(subject, action, shown)
    return "but for rounding"


def _of_expected(subject: Subject, action: str, shown: bytes) -> None:
    """Raises Wrong unless ``shown`` is the expected picture, but for rounding."""
    expected = subject.expected.get(action, ("", b""))[1]
    if not shown or not expected or action == "play":
        raise Wrong(f"{action}: another answer than alone")
    a, b = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB")) for each in (shown, expected))
    if a.shape != b.shape:
        raise Wrong(f"{action}: a picture of another size")
    if (apart := np.abs(a.astype(float) - b).mean()) > NEAR:
        raise Wrong(f"{action}: a picture {apart:.1f} levels away")


async def expect(
    enter: Callable[[], Visitor], them: Sequence[Subject]
) -> dict[str, dict[str, int]]:
    """Ask the app each subject's questions, a lot's only once, and keep the answers.

    Returns the owners of each action's answers, by digest. Raises Wrong when it refuses one or
    when two owners cannot be told apart.
    """
    owners: dict[str, dict[str, int]] = {action: {} for action in CHECKED}
    asked: dict[tuple[str, int], Subject] = {}

    async def tell() -> None:
        while True:
            await asyncio.sleep(10)
            known = ", ".join(f"{len(each)} {action}" for action, each in owners.items())
            print(f"expected answers of {len(them)}: {known}", flush=True)

    async def ask(actions: Sequence[str]) -> None:
        async with enter() as visitor:
            for subject in them:
                for action in actions:
                    own = subject.owner(action)
                    first = asked.setdefault((action, own), subject)
                    if first is subject:
                        digest = await _ask(visitor, subject, action)
                        if digest in owners[action]:
                            raise Wrong(f"{action} {own} is answered as {owners[action][digest]}")
                        owners[action][digest] = own
                    subject.expected[action] = first.expected[action]
                    if action == "verify":
                        subject.distance = first.distance

    # Each plugin has a worker of its own, so these do not wait for one another.
    telling = asyncio.create_task(tell())
    try:
        await asyncio.gather(ask(["verify"]), ask(["paint"]), ask(["generate", "play"]))
    finally:
        telling.cancel()
    return owners


async def _ask(visitor: Visitor, subject: Subject, action: str) -> str:
    """Keep what the app answers now as expected; returns its digest. Raises Wrong."""
    answer, shown = await CHECKED[action](visitor, subject)
    if not shown:
        raise Wrong(f"{subject.name}, {action}, alone: {answer.error}")
    digest = _digest(shown)
    subject.expected[action] = digest, shown
    if action == "verify":
        subject.distance = _distance(answer)
    return digest


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
