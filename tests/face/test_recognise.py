"""Recognise, as its tab's events do it over the real backend."""

from __future__ import annotations

import copy
import io
import threading
import zipfile

import gradio as gr
import numpy as np
import pytest
from face_tools import Direct
from PIL import Image

from host import UserError
from host.images import to_png
from plugins.face.drawing import jpeg
from plugins.face.gallery import Gallery
from plugins.face.recognition import tab
from plugins.face.recognition.visitors import MOST_PICTURES, VisitorGallery

HOSTILE = "<script>alert(1)</script> ' \" / ..\\ 😀 مريم"


def events_of(backend):
    with gr.Blocks() as page, gr.Tab("Recognise"):
        model = gr.Dropdown(["auto"], value="auto", label="Model")
        tab.build(backend, model)
    return {fn.fn.__name__: fn.fn for fn in page.fns.values() if fn.fn is not None}


@pytest.fixture(scope="module")
def events(backend):
    return events_of(Direct(backend))


@pytest.fixture
def mine():
    gallery = VisitorGallery()
    yield gallery
    gallery.close()


@pytest.fixture
def known(events, mine, portraits):
    """A gallery with Anna and Bruno."""
    for name in ("anna", "bruno"):
        events["face_enrol"](portraits[f"{name}_1"], name.title(), "auto", mine)
    return mine


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, bytes) else to_png(data))
    return out.getvalue()


def names(facts):
    return [face["name"] for face in facts]


def test_one_picture_is_enough_and_nothing_is_trained(events, mine, portraits):
    text, people, _, _ = events["face_enrol"](portraits["anna_1"], "Anna", "auto", mine)
    assert "Anna" in text
    assert "no training" in text
    assert "Anna" in people
    assert "yours alone" in people
    html, facts = events["face_identify"](portraits["anna_2"], 0.0, "auto", mine)
    assert names(facts) == ["Anna"]
    assert facts[0]["candidates"][0]["distance"] < 0.6
    assert "Anna" in html
    assert "Answered by dlib ResNet" in html


def test_somebody_unknown_is_nobody_and_the_nearest_are_still_told(events, known, portraits):
    html, facts = events["face_identify"](portraits["clara_2"], 0.45, "auto", known)
    assert names(facts) == [None]
    assert {match["name"] for match in facts[0]["candidates"]} == {"Anna", "Bruno"}
    assert "nobody I know" in html


def test_every_face_of_a_group_is_named(events, known, portraits):
    _, facts = events["face_identify"](portraits["group"], 0.45, "auto", known)
    by_place = sorted(facts, key=lambda face: face["box"][0])
    assert names(by_place) == ["Anna", "Bruno", None]


def test_a_person_enrolled_a_moment_ago_is_found_in_the_group(events, known, portraits):
    events["face_enrol"](portraits["clara_1"], "Clara", "auto", known)
    _, facts = events["face_identify"](portraits["group"], 0.45, "auto", known)
    assert sorted(names(facts)) == ["Anna", "Bruno", "Clara"]


def test_a_name_that_is_known_gets_one_more_picture(events, known, portraits):
    text, people, _, _ = events["face_enrol"](portraits["anna_2"], " ANNA ", "auto", known)
    assert "was known already and has 2 pictures" in text
    assert "2 pictures" in people


def test_a_name_of_any_characters_stays_text(events, mine, portraits):
    text, people, _, _ = events["face_enrol"](portraits["anna_1"], HOSTILE, "auto", mine)
    html, facts = events["face_identify"](portraits["anna_2"], 0.0, "auto", mine)
    assert names(facts) == [HOSTILE]
    for shown in (text, people, html):
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown
        assert "😀 مريم" in shown


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "x" * 101])
def test_a_name_that_is_none_is_told(events, mine, portraits, name):
    with pytest.raises(UserError):
        events["face_enrol"](portraits["anna_1"], name, "auto", mine)
    assert len(mine.open()) == 0


def test_missing_pictures_and_people_are_told(events, mine, portraits):
    blank = np.full((200, 200, 3), 200, np.uint8)
    with pytest.raises(UserError, match="add a picture of the person"):
        events["face_enrol"](None, "Anna", "auto", mine)
    with pytest.raises(UserError, match="No face was found"):
        events["face_enrol"](blank, "Anna", "auto", mine)
    with pytest.raises(UserError, match="Nobody is known yet"):
        events["face_identify"](portraits["anna_1"], 0.0, "auto", mine)
    with pytest.raises(UserError, match="nobody to export"):
        events["face_export"](mine)
    events["face_enrol"](portraits["anna_1"], "Anna", "auto", mine)
    with pytest.raises(UserError, match="add a picture to ask"):
        events["face_identify"](None, 0.0, "auto", mine)
    with pytest.raises(UserError, match="No face was found"):
        events["face_identify"](blank, 0.0, "auto", mine)


def test_people_of_another_model_are_not_compared(events, mine, portraits):
    mine.open().enrol("Anna", np.ones((1, 512), np.float32), "facenet-512", [b"\xff\xd8\xff"])
    with pytest.raises(UserError, match="Nobody was enrolled with dlib"):
        events["face_identify"](portraits["anna_1"], 0.0, "auto", mine)


def test_renaming_and_forgetting(events, known, portraits):
    text, people, choice, _ = events["face_rename"]("Anna", "Anne", known)
    assert "<b>Anne</b>" in text
    assert "Anna" not in people
    assert choice.choices[0][0] == "Anne"
    with pytest.raises(UserError, match="called bruno already"):
        events["face_rename"]("Anne", "bruno", known)
    text, people, *_ = events["face_delete"]("Anne", known)
    assert "forgotten" in text
    assert "Anne" not in people
    _, facts = events["face_identify"](portraits["anna_2"], 0.45, "auto", known)
    assert names(facts) == [None]
    for event, more in (("face_rename", ["Anja"]), ("face_delete", [])):
        with pytest.raises(UserError, match="Anne is no longer in the gallery"):
            events[event]("Anne", *more, known)
    events["forget_everybody"](known)
    with pytest.raises(UserError, match="Nobody is known yet"):
        events["face_identify"](portraits["anna_2"], 0.45, "auto", known)


def test_a_person_forgotten_while_being_looked_for(events, known, portraits):
    """Another event of the same visitor deletes and enrols all the time."""
    stop, failures = threading.Event(), []

    def churn():
        try:
            gallery = known.open()
            while not stop.is_set():
                found = {person.name: person.id for person in gallery.people()}
                gallery.delete(found["Anna"])
                gallery.enrol("Anna", np.ones((1, 128), np.float32), "offline", [b"\xff\xd8\xff"])
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(10):
            _, facts = events["face_identify"](portraits["anna_2"], 0.0, "auto", known)
            assert {match["name"] for match in facts[0]["candidates"]} <= {"Anna", "Bruno"}
    finally:
        stop.set()
        thread.join()
    assert failures == []


def last(steps):
    *_, final = steps
    return final


def test_a_zip_of_folders(events, mine, portraits, tmp_path):
    file = tmp_path / "people.zip"
    file.write_bytes(
        zip_of(
            {
                "people/Anna/1.png": portraits["anna_1"],
                "people/Anna/2.png": portraits["anna_2"],
                "people/Bruno Müller/1.png": portraits["bruno_1"],
                "people/Bruno Müller/blank.png": np.full((90, 90, 3), 99, np.uint8),
                "people/Clara/broken.jpg": b"not a picture",
                "people/notes.txt": b"hello",
            }
        )
    )
    text, people, *_ = last(events["face_enrol_zip"](str(file), "auto", mine))
    assert "3 pictures enrolled; 2 new people" in text
    assert "2 left out" in text
    assert "Bruno Müller/blank.png: No face was found" in text
    assert "Clara/broken.jpg" in text
    assert "2 pictures" in people


def test_a_zip_that_is_none(events, mine, tmp_path):
    file = tmp_path / "people.zip"
    file.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(UserError, match="zip"):
        last(events["face_enrol_zip"](str(file), "auto", mine))
    with pytest.raises(UserError, match="add a zip"):
        last(events["face_enrol_zip"](None, "auto", mine))


def test_an_exported_gallery_comes_back(events, known, portraits, tmp_path):
    button = events["face_export"](known)
    other = VisitorGallery()
    text, people, *_ = last(events["face_enrol_zip"](button.value["path"], "auto", other))
    assert "2 people imported" in text
    assert "Anna" in people
    _, facts = events["face_identify"](portraits["anna_2"], 0.0, "auto", other)
    assert names(facts) == ["Anna"]
    other.close()


def test_every_visitor_starts_with_an_empty_gallery_of_their_own(events, known):
    another = copy.deepcopy(known)
    assert len(known.open()) == 2
    assert len(another.open()) == 0
    another.close()


def test_a_visitors_gallery_is_bounded(mine):
    gallery = mine.open()
    gallery.enrol_all(
        [(f"p{n}", np.ones(4, np.float32), b"\xff\xd8\xff") for n in range(MOST_PICTURES)], "m"
    )
    with pytest.raises(UserError, match="1,?000"):
        gallery.enrol("one more", np.ones((1, 4), np.float32), "m", [b"\xff\xd8\xff"])


def test_the_operators_gallery_is_shared_and_kept(backend, portraits, tmp_path):
    url = f"sqlite:///{tmp_path / 'people.sqlite'}"
    events = events_of(Direct(backend, gallery=url))
    template = VisitorGallery(url)
    mine, other = copy.deepcopy(template), copy.deepcopy(template)
    with pytest.raises(UserError, match="agree to be remembered"):
        events["face_enrol"](portraits["anna_1"], "Anna", "auto", mine)
    _, people, *_ = events["face_enrol"](portraits["anna_1"], "Anna", "auto", mine, True)
    assert "everybody who opens this page" in people
    with Gallery(url) as kept:
        assert [person.name for person in kept.people()] == ["Anna"]
    # From Python, the same gallery.
    ((found,),) = backend.identify([portraits["anna_2"]], gallery=url)
    assert found.name == "Anna"
    Image.open(io.BytesIO(kept_portrait(url))).verify()
    # Whom somebody else enrolled only the operator may change.
    for step in (
        lambda: events["face_delete"]("Anna", other),
        lambda: events["face_rename"]("Anna", "Eve", other),
        lambda: events["forget_everybody"](mine),
        lambda: events["face_export"](mine),
    ):
        with pytest.raises(UserError, match="TRIPTYCH_OPERATOR_TOKEN"):
            step()
    events["face_rename"]("Anna", "Anne", mine)
    events["face_delete"]("Anne", mine)
    with Gallery(url) as kept:
        assert not kept.people()


def kept_portrait(url):
    with Gallery(url) as kept:
        return kept.people()[0].portrait


def export_of(model, dimension):
    """An exported gallery with one person whose encoding has that many numbers."""
    with Gallery() as gallery:
        portrait = jpeg(np.full((160, 160, 3), 90, np.uint8))
        gallery.enrol("Mallory", np.ones((1, dimension), np.float32), model, [portrait])
        return gallery.export()


@pytest.mark.parametrize(
    ("model", "dimension", "sentence"),
    [
        ("offline", 3, "do not belong"),
        ("offline", 4000, "."),
        ("unheard of", 128, "not here"),
    ],
)
def test_an_import_that_does_not_fit_the_models_leaves_the_gallery_as_it_was(
    events, known, portraits, tmp_path, model, dimension, sentence
):
    file = tmp_path / "gallery.zip"
    file.write_bytes(export_of(model, dimension))
    with pytest.raises(UserError, match=sentence):
        last(events["face_enrol_zip"](str(file), "auto", known))
    _, facts = events["face_identify"](portraits["anna_2"], 0.0, "auto", known)
    assert names(facts) == ["Anna"]


def test_people_of_another_model_are_counted_out(events, known, portraits):
    known.open().enrol("Carla", np.ones((1, 512), np.float32), "facenet-512", [b"\xff\xd8\xff"])
    html, _ = events["face_identify"](portraits["anna_2"], 0.0, "auto", known)
    assert "1 of 3 people were enrolled with another model" in html


def test_folders_that_differ_in_case_are_one_person(events, mine, portraits, tmp_path):
    file = tmp_path / "people.zip"
    file.write_bytes(zip_of({"Anna/1.png": portraits["anna_1"], "anna/2.png": portraits["anna_2"]}))
    text, *_ = last(events["face_enrol_zip"](str(file), "auto", mine))
    assert "2 pictures enrolled; 1 new person." in text


def test_what_came_before_the_damage_of_a_zip_is_kept_and_told(events, mine, portraits, tmp_path):
    whole = zip_of({"Anna/1.png": portraits["anna_1"], "Bruno/1.png": portraits["bruno_1"]})
    second = to_png(portraits["bruno_1"])
    at = whole.index(second) + len(second) // 2
    file = tmp_path / "people.zip"
    file.write_bytes(whole[:at] + bytes(200) + whole[at + 200 :])
    text, people, *_ = last(events["face_enrol_zip"](str(file), "auto", mine))
    assert "The rest was not enrolled" in text
    assert "1 picture enrolled; 1 new person." in text
    assert "Anna" in people


def test_a_stopped_zip_is_told_apart_from_a_whole_one(backend, mine, portraits, tmp_path):
    class Stopping(Direct):
        def people(self, *args):
            yield next(self._backend.people(*args))  # a cancelled stream just ends, with None

    file = tmp_path / "people.zip"
    file.write_bytes(zip_of({f"p{n}/1.png": portraits["anna_1"] for n in range(3)}))
    text, *_ = last(events_of(Stopping(backend))["face_enrol_zip"](str(file), "auto", mine))
    assert "The zip was stopped." in text
    assert "1 picture enrolled" in text


@pytest.mark.parametrize("name", [None, 5, ["Anna"]])
def test_a_name_that_is_no_text_is_told(events, known, portraits, name):
    with pytest.raises(UserError, match="Please give a name"):
        events["face_enrol"](portraits["anna_1"], name, "auto", known)
    with pytest.raises(UserError, match="Please give a name"):
        events["face_rename"]("Anna", name, known)
