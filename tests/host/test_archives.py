"""Zips of pictures: every usual one is read, every trick is a sentence."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host import UserError, images
from host.archives import Limits, pictures


def encode(format: str = "PNG", side: int = 8, colour: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("L", (side, side), colour).save(out, format)
    return out.getvalue()


PNG = encode()


def pack(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def names(data: bytes) -> list[tuple[str, str]]:
    return [(entry.folder, entry.name) for entry in pictures(data)]


def refusal(data: bytes, limits: Limits = Limits()) -> str:  # noqa: B008 (frozen)
    with pytest.raises(UserError) as refused:
        list(pictures(data, limits))
    return str(refused.value)


def test_pictures_come_in_order_with_their_folder():
    data = pack(
        ("people/anna/1.png", encode(colour=10)),
        ("people/bruno/1.JPG", encode("JPEG", colour=20)),
        ("top.pgm", encode("PPM", colour=30)),
    )
    entries = list(pictures(data))
    assert [(entry.folder, entry.name) for entry in entries] == [
        ("anna", "1.png"),
        ("bruno", "1.JPG"),
        ("", "top.pgm"),
    ]
    assert [int(entry.image[0, 0, 0]) for entry in entries] == [10, 20, 30]
    assert all(entry.image.shape == (8, 8, 3) and entry.problem == "" for entry in entries)


def test_what_is_no_picture_is_left_out():
    link = zipfile.ZipInfo("anna/link.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = pack(
        ("anna/", b""),
        ("folder.png/", b""),
        ("anna/1.png", PNG),
        ("__MACOSX/anna/._1.png", b"fork"),
        ("__MACOSX/anna/1.png", b"fork"),
        ("anna/.hidden.png", PNG),
        ("anna/Thumbs.db", b"db"),
        ("anna/notes.txt", b"text"),
        ("anna/png", PNG),
        ("inner.zip", pack(("2.png", PNG))),
        (link, b"/etc/passwd"),
    )
    assert names(data) == [("anna", "1.png")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_with_one_path_the_first_counts():
    data = pack(("a/1.png", encode(colour=1)), ("a/1.png", encode(colour=2)), ("a\\1.png", PNG))
    (entry,) = pictures(data)
    assert entry.image[0, 0, 0] == 1


def test_a_picture_that_cannot_be_opened_says_why_and_the_others_are_read():
    data = pack(("a/1.png", b"no picture"), ("a/2.png", b""), ("a/3.png", PNG))
    broken, empty, whole = pictures(data)
    assert broken.image is None
    assert "not a picture" in broken.problem
    assert "empty" in empty.problem
    assert whole.image is not None


def test_a_picture_over_the_limit_of_one_picture_is_told():
    limits = images.Limits(max_bytes=len(PNG), max_pixels=100)
    data = pack(("a.png", PNG + bytes(9)), ("b.png", encode(side=11)[: len(PNG)]), ("c.png", PNG))
    big, _, whole = pictures(data, image_limits=limits)
    assert big.image is None
    assert "MB" in big.problem
    assert whole.image is not None


def test_names_of_other_systems_and_languages():
    data = pack(("Zoë\\Å.png", PNG), ("李/二.png", PNG), ("a/new\nline.png", PNG))
    assert names(data) == [("Zoë", "Å.png"), ("李", "二.png"), ("a", "new_line.png")]
    # macOS writes UTF-8 without saying so; Windows once wrote code page 437.
    ascii_name = pack(("abcd/1.png", PNG))
    assert names(ascii_name.replace(b"abcd", "éü".encode())) == [("éü", "1.png")]
    assert names(ascii_name.replace(b"abcd", "é..ü".encode("cp437"))) == [("é..ü", "1.png")]


@pytest.mark.parametrize(
    "name",
    ["../1.png", "a/../../1.png", "/etc/1.png", "\\\\host\\1.png", "C:\\1.png", "a\\..\\1.png"],
)
def test_paths_that_point_elsewhere_are_refused(name):
    assert "point outside" in refusal(pack(("ok.png", PNG), (name, PNG)))


def test_an_encrypted_zip_is_refused():
    data = bytearray(pack(("1.png", PNG)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_compression_is_refused(method):
    assert "unusual" in refusal(pack(("1.png", PNG), method=method))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (PNG, "not a zip"),
        (b"PK\x03\x04" + bytes(50), "damaged"),
        (pack(("1.png", PNG))[:-30], "damaged"),
        (pack(), "no picture"),
        (pack(("notes.txt", b"text")), "no picture"),
    ],
)
def test_what_cannot_be_used_is_told(data, message):
    assert message in refusal(data)


def test_a_wrong_checksum_is_damage():
    data = pack(("1.png", PNG), method=zipfile.ZIP_STORED)
    assert "damaged" in refusal(data.replace(PNG, PNG[:-1] + b"x"))


def test_bombs_are_refused():
    bomb = pack(("1.png", bytes(3_000_000)))
    assert "unpacks to far more" in refusal(bomb)
    # A directory that promises little does not get more read.
    modest = bytearray(bomb)
    at = modest.index(b"PK\x01\x02") + 24
    modest[at : at + 4] = struct.pack("<I", 1000)
    assert "damaged" in refusal(bytes(modest))
    even = pack(("1.bmp", encode("BMP", side=990)))  # packs far over 1:200 and is an honest picture
    assert len(names(even)) == 1


def test_the_limits_hold():
    data = pack(*((f"{index}.png", PNG) for index in range(4)))
    whole = Limits(max_bytes=len(data), max_total=4 * len(PNG), files=4)
    assert len(list(pictures(data, whole))) == 4
    assert "MB" in refusal(data, Limits(max_bytes=len(data) - 1))
    assert "too big" in refusal(data, Limits(max_total=4 * len(PNG) - 1))
    assert "entries" in refusal(data, Limits(files=3))


SOUND = pack(("a/1.png", PNG), ("b/2.jpg", encode("JPEG")), ("c.txt", b"text" * 20))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_zip_gives_pictures_or_a_sentence(data):
    changed = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(1, 4))] = data.draw(st.binary(max_size=6))
        if not changed:
            break
    try:
        for entry in pictures(bytes(changed)):
            assert (entry.image is None) == bool(entry.problem)
            if entry.image is not None:
                assert entry.image.dtype == np.uint8
    except UserError as error:
        assert str(error).endswith(".")
