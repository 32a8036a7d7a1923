"""Several threads and processes at one gallery, and what outlives them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gallery_tools import JPEG, names, vectors

from plugins.face.gallery import Gallery

ROOT = Path(__file__).resolve().parents[2]


def test_threads_share_a_gallery(gallery):
    encodings = vectors(40, seed=3).reshape(8, 5, 8)

    def work(index: int) -> None:
        for encoding in encodings[index]:
            gallery.enrol(f"p{index}", encoding[None], "m", [JPEG])
            found = gallery.search(encoding[None], "m", 1)[0]
            assert (found[0].name, found[0].distance) == (f"p{index}", 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [(person.name, person.pictures) for person in gallery.people()] == [
        (f"p{index}", 5) for index in range(8)
    ]


def test_a_search_sees_everything_of_a_moment(gallery):
    """Somebody comes, goes and is renamed; nobody is ever seen without name or half there."""
    both = vectors(2)
    gallery.enrol("stays", both[1:] + 1, "m", [JPEG])
    done = threading.Event()

    def change() -> None:
        try:
            for _ in range(25):
                person = gallery.enrol("first", both, "m", [JPEG] * 2).person
                gallery.rename(person.id, "second")
                gallery.delete(person.id)
        finally:
            done.set()

    with ThreadPoolExecutor(3) as pool:
        changes = pool.submit(change)

        def look() -> set[str]:
            seen = set()
            while not done.is_set():
                a, b = gallery.search(both, "m", 2)
                assert {match.name for match in a} == {match.name for match in b}
                seen |= {match.name for match in a}
                if len(a) == 2:
                    assert (a[0].distance, b[0].distance) == (0, 0)
                for person in gallery.people():
                    assert person.name == "stays" or person.pictures == 2
            return seen

        looks = [pool.submit(look) for _ in range(2)]
        changes.result()
        assert set().union(*(one.result() for one in looks)) <= {"stays", "first", "second"}
    assert names(gallery) == ["stays"]


def test_a_gallery_is_there_again(lasting):
    with Gallery(lasting) as gallery:
        gallery.enrol("Anna", vectors(3), "m", [JPEG] * 3)
        people, data = gallery.people(), gallery.export()
    with Gallery(lasting) as gallery:
        assert gallery.people() == people and gallery.export() == data
        assert gallery.search(vectors(1), "m")[0][0].name == "Anna"


def test_two_open_galleries_see_each_other(lasting):
    with Gallery(lasting) as one, Gallery(lasting) as two:
        anna = one.enrol("Anna", vectors(1), "m", [JPEG]).person
        assert two.search(vectors(1), "m")[0][0].name == "Anna"
        two.enrol("Bruno", vectors(1, seed=1), "m", [JPEG])
        assert one.search(vectors(1, seed=1), "m")[0][0].name == "Bruno"
        two.delete(anna.id)
        assert [match.name for match in one.search(vectors(1), "m")[0]] == ["Bruno"]
        one.enrol("Clara", vectors(1), "m", [JPEG])
        assert two.search(vectors(1), "m")[0][0].name == "Clara"


CHILD = """
import sys
import numpy as np
from plugins.face.gallery import Gallery

url, who, people = sys.argv[1:4]
rng = np.random.default_rng(int(who))
with Gallery(url) as gallery:
    for index in range(int(people)):
        encodings = rng.standard_normal((3, 8), dtype=np.float32)
        gallery.enrol(f"{who}-{index}", encodings, "m", [b"portrait"] * 3)
        print(index, flush=True)
"""


def child(url: str, who: int, people: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, url, str(who), str(people)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def check_whole(gallery: Gallery, who: int, at_least: int) -> None:
    """The first people of a child, ``at_least`` so many, are there with all their pictures."""
    mine = [person for person in gallery.people() if person.name.startswith(f"{who}-")]
    assert at_least <= len(mine) <= at_least + 1
    assert {person.name for person in mine} == {f"{who}-{index}" for index in range(len(mine))}
    assert {person.pictures for person in mine} <= {3}
    rng = np.random.default_rng(who)
    encodings = [rng.standard_normal((3, 8), dtype=np.float32) for _ in mine]
    found = gallery.search(np.concatenate(encodings), "m", 1)
    assert [(match.name, match.distance) for (match,) in found] == [
        (f"{who}-{index}", 0) for index in range(len(mine)) for _ in range(3)
    ]


def test_processes_share_a_gallery(lasting):
    children = [child(lasting, who, 15) for who in range(3)]
    assert [process.wait(60) for process in children] == [0, 0, 0]
    with Gallery(lasting) as gallery:
        assert len(gallery) == 45
        for who in range(3):
            check_whole(gallery, who, 15)


def test_a_killed_process_loses_nothing_and_leaves_nothing_half(lasting):
    for who, lines in enumerate((3, 17, 40)):
        process = child(lasting, who, 1_000_000)
        told = [int(process.stdout.readline()) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout if line.strip()]
        process.wait()
        process.stdout.close()
        with Gallery(lasting) as gallery:
            check_whole(gallery, who, len(told))
            gallery.enrol("after", vectors(1, seed=50 + who), "m", [JPEG])
            check_whole(gallery, who, len(told))


def test_a_transaction_that_fails_late_leaves_nothing(lasting):
    with Gallery(lasting) as gallery:
        gallery.enrol("Anna", vectors(1), "m", [JPEG])

        def items():
            for index, row in enumerate(vectors(25_000, seed=1)):  # more than one block
                yield f"p{index}", row, b""
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            gallery.enrol_all(items(), "m")
        assert names(gallery) == ["Anna"]
        gallery.enrol("Bruno", vectors(1, seed=2), "m", [JPEG])
        for seed, name in ((0, "Anna"), (2, "Bruno")):
            (match,) = gallery.search(vectors(1, seed=seed), "m", 1)[0]
            assert (match.name, match.distance) == (name, 0)
