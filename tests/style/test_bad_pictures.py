"""Pictures as they come, from the file to the painted one: a finished result, or one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from host import UserError, images
from plugins.style.settings import COLOURS, STARTS, Settings

QUICK = Settings(size=128, steps=10)
SKY = (70, 120, 200)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(width: int, height: int, colour: object = SKY, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), colour)


def scene(width: int = 100, height: int = 75) -> Image.Image:
    """Something to see: a slope of colours with a dark disc."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    disc = (x - 0.5) ** 2 + (y - 0.5) ** 2 > 0.06
    return Image.fromarray((np.stack([x, y, 1 - x], -1) * 255 * disc[..., None]).astype(np.uint8))


def animated(kind: str) -> bytes:
    others = [plain(100, 75, colour) for colour in ("red", "lime")]
    return saved(scene(), kind, save_all=True, append_images=others, duration=100, lossless=True)


def sixteen_bits() -> bytes:
    """A PNG of 16 bits per channel; Pillow writes none in colour."""
    pixels = np.asarray(scene()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    body = {
        b"IHDR": struct.pack(">IIBBBBB", 100, 75, 16, 2, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in body.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def grey(dtype: str = "<u2") -> Image.Image:
    light = np.asarray(scene().convert("L"))
    return Image.fromarray(light.astype(dtype) * (257 if dtype == "<u2" else 1))


def see_through() -> Image.Image:
    picture = scene().convert("RGBA")
    alpha = np.zeros((75, 100), np.uint8)
    alpha[20:60, 30:80] = 255
    picture.putalpha(Image.fromarray(alpha))
    return picture


PAINTED: dict[str, tuple[Callable[[], bytes], tuple[int, int]]] = {
    "animated GIF": (lambda: animated("GIF"), (96, 128)),
    "animated WebP": (lambda: animated("WEBP"), (96, 128)),
    "16-bit PNG": (sixteen_bits, (96, 128)),
    "16-bit grey PNG": (lambda: saved(grey(), "PNG"), (96, 128)),
    "16-bit grey TIFF": (lambda: saved(grey(), "TIFF"), (96, 128)),
    "8-bit grey JPEG": (lambda: saved(grey("u1"), "JPEG"), (96, 128)),
    "black and white": (lambda: saved(scene().convert("1"), "PNG"), (96, 128)),
    "CMYK JPEG": (lambda: saved(scene().convert("CMYK"), "JPEG"), (96, 128)),
    "palette": (lambda: saved(scene().quantize(16), "PNG"), (96, 128)),
    "transparent PNG": (lambda: saved(see_through(), "PNG"), (96, 128)),
    "transparent WebP": (lambda: saved(see_through(), "WEBP"), (96, 128)),
    "nothing but transparent": (
        lambda: saved(plain(64, 64, (9, 9, 9, 0), "RGBA"), "PNG"),
        (128, 128),
    ),
    "6000 x 6000 of one colour": (lambda: saved(plain(6000, 6000), "PNG"), (128, 128)),
    "as narrow as can be": (lambda: saved(plain(32, 128), "PNG"), (128, 32)),
    "as wide as can be": (lambda: saved(scene(400, 100), "PNG"), (32, 128)),
    "all black": (lambda: saved(plain(80, 60, "black"), "PNG"), (96, 128)),
    "all white": (lambda: saved(plain(80, 60, "white"), "PNG"), (96, 128)),
}

# as paintings these bring nothing that another does not
LIKE_OTHERS = {
    "animated WebP",
    "16-bit grey TIFF",
    "8-bit grey JPEG",
    "palette",
    "transparent WebP",
}

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "one pixel": (lambda: saved(plain(1, 1), "PNG"), "only 1 x 1 pixels"),
    "one row": (lambda: saved(plain(500, 1), "PNG"), "only 500 x 1 pixels"),
    "20:1": (lambda: saved(scene(1200, 60), "JPEG"), "1200 x 60 pixels, too long a strip"),
    "1:5": (lambda: saved(scene(60, 300), "PNG"), "too long a strip"),
    "12000 x 100": (lambda: saved(plain(12000, 100), "PNG"), "too long a strip"),
    "over 40 megapixels": (lambda: saved(plain(7000, 7000, 1, "1"), "PNG"), "40 megapixels"),
    "empty": (lambda: b"", "empty"),
    "cut": (lambda: saved(scene(), "PNG")[:-400], "damaged"),
    "text": (lambda: b"a photo of a cat", "not a picture"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Callable[[str], str]:
    folder = tmp_path_factory.mktemp("pictures")

    def path(name: str) -> str:
        file = folder / f"{name.replace(':', ' to ')}.bin"
        if not file.exists():
            file.write_bytes({**PAINTED, **REFUSED}[name][0]())
        return str(file)

    return path


def painted(backend, photo: np.ndarray, painting: np.ndarray, settings: Settings = QUICK):
    """The finished picture; each step is looked at on the way."""
    steps = list(backend.transfer(photo, painting, settings))
    assert [step.step for step in steps] == list(range(settings.steps + 1))
    for step in steps[1:]:
        losses = step.losses
        values = [losses.total, losses.content, losses.style, losses.smoothness]
        assert np.isfinite([*values, *losses.layers.values()]).all()
    totals = [step.losses.total for step in steps[1:]]
    assert totals == sorted(totals, reverse=True)
    assert steps[-1].left == 0 and steps[-1].image.dtype == np.uint8
    assert steps[-1].image.shape == steps[0].image.shape
    return steps[-1].image


@pytest.mark.parametrize("name", sorted(PAINTED))
def test_as_a_photo_it_is_painted_at_its_size(backend, files, painting, name):
    picture = painted(backend, images.load(files(name)), painting)
    assert picture.shape == (*PAINTED[name][1], 3)
    assert picture.mean() > 10, "the painting is not black, so that is not"


@pytest.mark.parametrize("name", sorted(set(PAINTED) - LIKE_OTHERS))
def test_as_a_painting_it_is_painted_like(backend, files, small_photo, name):
    assert painted(backend, small_photo, images.load(files(name))).shape == (85, 128, 3)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_as_a_photo_or_a_painting_it_is_refused_in_a_sentence(backend, files, small_photo, name):
    for what, place in (("photo", 0), ("painting", 1)):
        with pytest.raises(UserError, match=REFUSED[name][1]) as caught:
            pictures = [small_photo, small_photo]
            pictures[place] = images.load(files(name))
            next(backend.transfer(*pictures, QUICK))
        said = str(caught.value)
        assert said.endswith(".") and "\n" not in said
        assert what in said or "This" in said


@pytest.mark.parametrize("name", ["animated GIF", "animated WebP", "16-bit PNG", "palette"])
def test_what_is_painted_is_what_the_file_shows(backend, files, name):
    """The first frame, in its own colours: painted like itself it stays."""
    shown = images.load(files(name))
    picture = painted(backend, shown, shown, Settings(size=128, steps=10, start="photo"))
    wide = np.asarray(scene().resize((128, 96)), float)
    assert np.abs(picture - wide).mean() < 16


@pytest.mark.parametrize("start", STARTS)
def test_the_same_picture_as_photo_and_as_painting(backend, small_photo, start):
    picture = painted(
        backend, small_photo, small_photo.copy(), Settings(size=128, steps=25, start=start)
    )
    if start != "noise":
        wide = np.asarray(Image.fromarray(small_photo).resize((128, 85)), float)
        assert np.abs(picture - wide).mean() < 25


PLAIN = {
    name: np.full((48, 64, 3), value, np.uint8) for name, value in (("black", 0), ("white", 255))
}


@pytest.mark.parametrize("photo_of", [*PLAIN, "something"])
@pytest.mark.parametrize("painting_of", [*PLAIN, "something"])
def test_black_and_white_come_out_finite_from_every_start_and_in_all_colours(
    backend, photo_of, painting_of
):
    something = np.asarray(scene())
    photo, painting = (PLAIN.get(name, something) for name in (photo_of, painting_of))
    # each start and each kind of colours, not each with each
    every = list(zip(STARTS, (*COLOURS, "luminance"), strict=True))
    for start, colours in every if photo_of == "black" else every[::3]:
        settings = Settings(size=128, steps=10, start=start, colours=colours)
        picture = painted(backend, photo, painting, settings)
        assert picture.shape == (96, 128, 3)


def test_a_black_photo_takes_the_paintings_colours_and_stays_black_when_painted_black(
    backend, painting
):
    black = PLAIN["black"]
    bright = painted(backend, black, painting)
    assert bright.mean() > 30 and bright.std() > 5
    near = painted(backend, black, black, Settings(size=128, steps=10, start="photo"))
    assert near.mean() < 8
