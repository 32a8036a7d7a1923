"""A gallery as a file: written, read again, foreign or damaged."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from gallery_tools import HOSTILE, JPEG, jpeg, vectors

from host import UserError
from plugins.face.gallery import Gallery, is_export


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
