"""Faces from a Python program, through the host and a real worker."""

from __future__ import annotations

import numpy as np
import pytest

from host import Host, UserError
from host.plugins import PluginError
from host.settings import Settings
from plugins.face.gallery import Gallery


@pytest.fixture(scope="module")
def face(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    with Host(Settings(offline=True, cache=cache, only=["face"])) as host:
        yield host.backend("face")


def test_encode_is_a_row_for_each_picture(face, portraits):
    encodings = face.encode([portraits["anna_1"], portraits["anna_2"], portraits["bruno_1"]])
    assert encodings.shape == (3, 128)
    assert encodings.dtype == np.float32
    anna, again, bruno = encodings
    assert np.linalg.norm(anna - again) < 0.5 < np.linalg.norm(anna - bruno)
    assert face.encode([]).shape == (0, 128)


def test_encode_counts_out_the_picture_without_a_face(face, portraits):
    blank = np.full((160, 160, 3), 127, np.uint8)
    with pytest.raises(UserError, match="No face was found in the second picture"):
        face.encode([portraits["anna_1"], blank])


def test_detect_answers_for_each_picture(face, portraits):
    blank = np.full((160, 160, 3), 127, np.uint8)
    one, none, three = face.detect([portraits["anna_1"], blank, portraits["group"]])
    assert (len(one), len(none), len(three)) == (1, 0, 3)


def test_verify_pairs_up(face, portraits):
    same, different = face.verify(
        [portraits["anna_1"], portraits["anna_2"]], [portraits["anna_2"], portraits["bruno_1"]]
    )
    assert same.same
    assert not different.same
    with pytest.raises(UserError, match="2 first pictures and 1 second"):
        face.verify([portraits["anna_1"]] * 2, [portraits["anna_2"]])


def test_enrol_and_identify_in_a_kept_gallery(face, portraits, tmp_path):
    url = f"sqlite:///{tmp_path / 'people.sqlite'}"
    enrolled = face.enrol("Anna", [portraits["anna_1"]], gallery=url)
    assert enrolled.new
    first, group = face.identify([portraits["anna_2"], portraits["group"]], gallery=url, k=1)
    assert [found.name for found in first] == ["Anna"]
    assert len(group) == 3
    assert all(len(found.candidates) == 1 for found in group)
    with Gallery(url) as gallery:  # the same file, from this process
        assert [person.name for person in gallery.people()] == ["Anna"]


@pytest.mark.parametrize("call", ["encode", "detect", "identify"])
def test_a_single_picture_in_place_of_a_batch_is_told(face, portraits, call):
    options = {"gallery": "sqlite://"} if call == "identify" else {}
    with pytest.raises(UserError, match="a list of one"):
        getattr(face, call)(portraits["anna_1"], **options)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), "face.jpg", np.zeros((0, 4, 3), "u1")],
)
def test_what_is_no_picture_is_told(face, wrong):
    with pytest.raises(UserError, match="first picture must be an RGB picture, uint8"):
        face.encode([wrong])


def test_a_gallery_must_be_named(face, portraits):
    with pytest.raises(UserError, match="Name a gallery"):
        face.identify([portraits["anna_1"]])


def test_a_backend_that_is_not_there_is_told(tmp_path):
    with (
        Host(Settings(cache=tmp_path, only=["face"])) as host,
        pytest.raises(PluginError, match="no backend 'faces'.*face"),
    ):
        host.backend("faces")


@pytest.mark.parametrize(
    "call",
    [
        lambda face, picture: face.enrol("Anna", [], gallery="sqlite://"),
        lambda face, picture: face.enrol(None, [picture], gallery="sqlite://"),
        lambda face, picture: face.identify([picture], gallery="sqlite://", k=0),
        lambda face, picture: face.identify([picture], gallery="sqlite://", k="x"),
        lambda face, picture: face.encode(None),
        lambda face, picture: face.encode([picture], model=["offline"]),
    ],
)
def test_arguments_that_cannot_be_meant_are_told(face, portraits, call):
    with pytest.raises(UserError):
        call(face, portraits["anna_1"])
