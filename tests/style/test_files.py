"""A painted PNG tells how it was painted; nothing else does, and nothing breaks the reader."""

from __future__ import annotations

import io
import json
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from host import UserError, images
from plugins.style.painting.files import SETTINGS_KEY, painted_png, read_settings
from plugins.style.settings import Settings

MINE = Settings(
    size=500,
    steps=77,
    seconds=2.5,
    shares=(1.0, 2.0),
    layer_weights=(1.0, 0.0, 2.0, 1.0, 0.5),
    content_layer="conv4_2",
    start="noise",
    colours="luminance",
    pooling="max",
    network="embedded",
    seed=2**32 - 1,
)
PICTURE = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)


@pytest.fixture(scope="module")
def png() -> bytes:
    return painted_png(PICTURE, MINE, {"network": "embedded", "losses": "total 0.25 µ"})


def with_text(text: str, key: str = SETTINGS_KEY, compressed: bool = False) -> bytes:
    info = PngInfo()
    info.add_text(key, text, zip=compressed)
    out = io.BytesIO()
    Image.fromarray(PICTURE).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum


def test_the_settings_come_back_from_bytes_and_from_a_file(png, tmp_path):
    assert read_settings(png) == MINE
    path = tmp_path / "painted.png"
    path.write_bytes(png)
    assert read_settings(path) == read_settings(str(path)) == MINE


def test_the_picture_is_not_touched_and_other_programs_read_the_text(png):
    np.testing.assert_array_equal(images.load(png), PICTURE)
    with Image.open(io.BytesIO(png)) as picture:
        text = picture.text
    assert text["Software"] == "Triptych"
    assert json.loads(text["Triptych style settings"])["steps"] == 77
    assert text["Triptych style network"] == "embedded"
    assert text["Triptych style losses"] == "total 0.25 µ"


def test_text_behind_the_pixels_is_found_too(png):
    text = chunk(b"tEXt", SETTINGS_KEY.encode() + b"\0" + MINE.to_json().encode())
    plain = images.to_png(PICTURE)
    assert read_settings(plain[:-12] + text + plain[-12:]) == MINE


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x89PNG",
        b"GIF89a" + bytes(100),
        images.to_png(PICTURE),
        images.to_png(PICTURE, {"Software": "Triptych"}),
        with_text(MINE.to_json(), "Someone else's settings"),
        with_text(MINE.to_json() + " " * 30_000),  # longer than any of ours
        with_text(MINE.to_json() + " " * 50_000_000, compressed=True),  # a zip bomb
        b"\x89PNG\r\n\x1a\n" + chunk(b"zzzz", b"") * 300_000,
        b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xfftEXt" + b"x" * 100,
    ],
    ids="empty cut gif plain software other long bomb chunks length".split(),
)
def test_files_without_settings_are_told_so(file):
    with pytest.raises(UserError, match="holds no style settings"):
        read_settings(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no JSON", "cannot be read"),
        ("[1, 2]", "cannot be read"),
        ("[" * 15_000, "cannot be read"),
        ('{"steps": 1e9}', "number of steps"),
        ('{"size": NaN}', "size"),
        ('{"layer_weights": [1]}', "layer"),
        ('{"shares": {"a": 1}}', "share"),
        ('{"network": ["embedded"]}', "network"),
    ],
)
def test_settings_are_not_trusted(text, said):
    with pytest.raises(UserError, match=said):
        read_settings(with_text(text))


def test_a_damaged_text_is_not_used(png):
    at = png.index(b'"steps": 77') + len(b'"steps": ')
    with pytest.raises(UserError, match="no style settings"):
        read_settings(png[:at] + b"99" + png[at + 2 :])


@hypothesis_settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, 900), place=st.integers(0, 900), byte=st.binary(max_size=6))
def test_any_damage_gives_the_settings_or_a_sentence(png, cut, place, byte):
    for damaged in (png[:cut], png[:place] + byte + png[place + len(byte) :], png[cut:]):
        try:
            assert read_settings(damaged) == MINE
        except UserError as error:
            assert str(error).endswith(".")


def test_paths_that_are_no_files_are_told(tmp_path):
    with pytest.raises(UserError):
        read_settings(tmp_path / "missing.png")
    with pytest.raises(UserError):
        read_settings(tmp_path)
    with pytest.raises(UserError):
        read_settings("a\0b")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError):
        read_settings(tmp_path / "pipe.png")
