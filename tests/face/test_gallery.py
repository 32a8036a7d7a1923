"""The gallery, the same in memory, in a SQLite file and in PostgreSQL."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest
from gallery_tools import HOSTILE, JPEG, distances, jpeg, names, vectors
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from host import UserError
from plugins.face.gallery import Gallery, Match, clean_name


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
